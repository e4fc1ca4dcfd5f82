// The compilers of the published declarations, the oldest first: the READMEs name those as the least that is needed.

export const typescript = ['5.4', '5.6', '5.9', '6', '7'];

export const nodeTypes = ['20.19', '22', '24', '26'];
