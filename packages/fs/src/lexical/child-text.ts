import { native } from './native-flavour.ts';

/** The path of the entry `name` in a directory, in the form of `Path.toString`. */
export function childText(directory: string, name: string): string {
  const { separator } = native;
  if (directory === '.') return native.splitRoot(name).drive === '' ? name : `.${separator}${name}`;
  return directory.endsWith(separator) || /^[A-Za-z]:$/.test(directory)
    ? directory + name
    : directory + separator + name;
}
