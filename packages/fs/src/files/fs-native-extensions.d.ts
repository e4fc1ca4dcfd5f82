/** What is used of it; it comes without types. */
declare module 'fs-native-extensions' {
  /** False when somebody else holds a lock that excludes it. A length of 0 is all of the file, however it grows. */
  export function tryLock(fd: number, offset: number, length: number, options: { readonly shared: boolean }): boolean;
  export function unlock(fd: number, offset: number, length: number): void;
}
