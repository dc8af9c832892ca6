import {
  type DirectiveNode,
  type FieldDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  print,
  type TypeNode,
  valueFromASTUntyped,
} from 'graphql';
import { type Role, roles, scopesOfRole } from '../src/access.ts';
import { failureCodes, refusalCodes, requestCodes } from '../src/errorCodes.ts';
import { apiFile } from './composition.ts';

/** The page for newcomers to the graph, from the repository's root. */
export const graphPageFile = 'docs/graph.md';

/** A field of one subgraph, and what its SDL says about it. */
interface Field {
  readonly service: string;
  readonly type: string;
  readonly node: FieldDefinitionNode;
  /** Who may have the field, by its directives. */
  readonly access: Access;
  readonly description: Description;
}

/** By `@requiresScopes` a user whose roles are these, by `@authenticated` any user, without both anyone. */
type Access = 'anyone' | 'any user' | { readonly roles: readonly Role[]; readonly scopes: readonly string[] };

/**
 * The parts of a field's description. By convention it begins with a sentence that says what the field is. One that ends
 * in "only." says who may have it, and one that begins with "Readable by" who else gets null. "Errors:" comes last.
 */
interface Description {
  readonly what: string;
  /** Such as `the assignee`. */
  readonly only: string | undefined;
  readonly readableBy: { readonly who: string; readonly others: string } | undefined;
  /** The field's own errors, such as `NOT_FOUND; CONFLICT where it is done`. */
  readonly errors: string;
}

/**
 * Writes the page that says who may read and do what in the graph, which service answers, and which errors there are.
 * @param subgraphs the SDL of each subgraph, by its name
 */
export function graphPage(subgraphs: ReadonlyMap<string, string>): string {
  const fields = [...subgraphs].flatMap(([service, sdl]) => fieldsOf(service, sdl));
  const rootTable = (type: string) =>
    table(
      ['field', 'gives', 'what it is', 'who may', 'service', 'errors of its own'],
      fields
        .filter((field) => field.type === type)
        .map((field) => [
          `\`${signature(field.node)}\``,
          `\`${print(field.node.type)}\``,
          field.description.what,
          whoMay(field),
          field.service,
          withCodes(field.description.errors),
        ]),
    );
  const codeTable = (codes: Readonly<Record<string, string>>) =>
    table(
      ['code', 'what it means'],
      Object.entries(codes).map(([code, meaning]) => [`\`${code}\``, meaning]),
    );
  return `# The graph

Who may read and do what, which service answers, and which errors there are. \`npm run generate\` writes this page from
\`schema/sdl/*.graphql\`, \`schema/src/access.ts\` and \`schema/src/errorCodes.ts\`. All types and arguments are in
[${apiFile}](../${apiFile}), and in Apollo Sandbox on a running system ("First steps" in the
[README](../README.md)).

## Roles and scopes

Every user has one role. Where a field needs a scope (\`@requiresScopes\` in the SDL), the user's role must have it. Where
it needs a user (\`@authenticated\`), any signed-in user will do. Each service enforces both (\`kit/src/graph/guard.ts\`),
and checks in its own code what depends on data, such as whose account it is.

${table(
  ['scope', ...roles.map((role) => `${role.toLowerCase()}s`)],
  [...new Set(Object.values(scopesOfRole).flat())].map((scope) => [
    `\`${scope}\``,
    ...roles.map((role) => (scopesOfRole[role].includes(scope) ? 'yes' : '')),
  ]),
)}

## Queries

${rootTable('Query')}

## Mutations

${rootTable('Mutation')}

## Subscriptions

${rootTable('Subscription')}

## Guarded fields

These fields have a rule of their own. Any other field may be read by everyone who may read the object that has it.

${table(
  ['field', 'gives', 'what it is', 'who may', 'anyone else gets', 'service'],
  fields
    .filter(isGuardedField)
    .map((field) => [
      `\`${field.type}.${signature(field.node)}\``,
      `\`${print(field.node.type)}\``,
      field.description.what,
      whoMay(field),
      field.description.readableBy?.others ??
        (typeof field.access === 'object' ? '`FORBIDDEN`' : '`UNAUTHENTICATED`'),
      field.service,
    ]),
)}

## Errors

An error has a code, \`extensions.code\`, and a message that says what to do. Beside the errors of its own, a field gives
\`UNAUTHENTICATED\` where it needs a user, \`FORBIDDEN\` where it needs another role, and \`BAD_USER_INPUT\` where an argument
is wrong. Any operation may also get \`TOO_MANY_REQUESTS\`, or a code of the second or third table.

A rule refuses what was asked:

${codeTable(refusalCodes)}

The operation cannot be carried out as it was sent:

${codeTable(requestCodes)}

Something does not work on the server's side; the same operation may work later:

${codeTable(failureCodes)}
`;
}

const rootTypes = ['Query', 'Mutation', 'Subscription'];

/** True for a field of an object that has a rule of its own. */
const isGuardedField = ({ type, access, description }: Field) =>
  !rootTypes.includes(type) && (access !== 'anyone' || description.readableBy !== undefined);

/** Returns the fields of a subgraph's object types, in the order of its SDL. */
function fieldsOf(service: string, sdl: string): Field[] {
  const types = parse(sdl).definitions.filter(
    (definition): definition is ObjectTypeDefinitionNode => definition.kind === Kind.OBJECT_TYPE_DEFINITION,
  );
  return types.flatMap((type) =>
    (type.fields ?? []).map((node) => {
      const result = types.find(({ name }) => name.value === nameOf(node.type));
      // The same places as in `enforceAccess` of kit/src/graph/guard.ts.
      const directives = [node, type, result].flatMap((place) => place?.directives ?? []);
      return {
        service,
        type: type.name.value,
        node,
        access: accessOf(directives),
        description: readDescription(node.description?.value ?? ''),
      };
    }),
  );
}

const nameOf = (type: TypeNode): string =>
  type.kind === Kind.NAMED_TYPE ? type.name.value : nameOf(type.type);

/** Reads who may have a field from all directives that guard it. */
function accessOf(directives: readonly DirectiveNode[]): Access {
  const requirements = directives.filter(({ name }) => name.value === 'requiresScopes').map(anyOfScopes);
  if (requirements.length === 0)
    return directives.some(({ name }) => name.value === 'authenticated') ? 'any user' : 'anyone';
  return {
    roles: roles.filter((role) =>
      requirements.every((anyOf) =>
        anyOf.some((allOf) => allOf.every((scope) => scopesOfRole[role].includes(scope))),
      ),
    ),
    scopes: requirements.map((anyOf) => anyOf.map((allOf) => allOf.join(' and ')).join(' or ')),
  };
}

/** Returns the scopes of a `@requiresScopes`: one of the lists is enough, and all scopes of a list are needed. */
function anyOfScopes({ arguments: given }: DirectiveNode): string[][] {
  const scopes = given?.find(({ name }) => name.value === 'scopes')?.value;
  return scopes ? (valueFromASTUntyped(scopes) as string[][]) : [];
}

function readDescription(text: string): Description {
  const [prose = '', errors = ''] = text.replace(/\s+/g, ' ').split(/\bErrors: /);
  const sentences = prose.trim().split(/(?<=\.)\s+/);
  const only = sentences.flatMap((sentence) => /^(.+) only\.$/.exec(sentence)?.[1] ?? [])[0];
  const readableBy = /\bReadable by ([^;]+); (\w+) for anyone else\./.exec(prose);
  return {
    what: sentences[0]!,
    only: only && only[0]!.toLowerCase() + only.slice(1),
    readableBy: readableBy ? { who: readableBy[1]!, others: readableBy[2]! } : undefined,
    errors: errors.trim().replace(/\.$/, ''),
  };
}

/** Says who may have a field. What its description says of the data counts where no role decides. */
function whoMay({ access, description }: Field): string {
  if (typeof access === 'object')
    return `${peopleOf(access.roles)} (${access.scopes.map((scope) => `\`${scope}\``).join(', ')})`;
  return description.only ?? description.readableBy?.who ?? access;
}

/** Returns `accountants and admins` for these two roles. */
function peopleOf(some: readonly Role[]): string {
  const people = some.map((role) => `${role.toLowerCase()}s`);
  return people.length === 0 ? 'nobody' : people.join(', ').replace(/, (\w+)$/, ' and $1');
}

/** Returns a field's name and the names of its arguments, such as `tasks(filter, first, after)`. */
const signature = ({ name, arguments: given }: FieldDefinitionNode): string =>
  given && given.length > 0
    ? `${name.value}(${given.map((argument) => argument.name.value).join(', ')})`
    : name.value;

const withCodes = (text: string) => text.replace(/\b[A-Z]{2,}(_[A-Z]+)*\b/g, '`$&`');

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
