export declare const folders: readonly string[];
export declare function leftOutOn(system: string, folder: string): string[];
