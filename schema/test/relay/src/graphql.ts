/** Stands for the tag of `react-relay`: the compiler only reads what is tagged with this name. */
export const graphql = (document: TemplateStringsArray): string => document.join('');
