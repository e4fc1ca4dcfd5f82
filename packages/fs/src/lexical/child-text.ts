import { native } from './native-flavour.ts';

/** The text of the path to `name` in a directory, in the form that a `Path` gives it. */
export function childText(directory: string, name: string): string {
  const { separator } = native;
  if (directory === '.') return native.splitRoot(name).drive === '' ? name : `.${separator}${name}`;
  return directory.endsWith(separator) || /^[A-Za-z]:$/.test(directory)
    ? directory + name
    : directory + separator + name;
}
