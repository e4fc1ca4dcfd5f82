// As piscina and tinypool want their workers.
export default ({ a, b }) => a + b;
