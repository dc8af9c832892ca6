/**
 * The shop of the published benchmark of federated gateways (github.com/graphql-hive/graphql-gateways-benchmark, MIT):
 * its schemas, its query, and data of the same sizes, so that an answer has as many bytes as there.
 */
interface Subgraph {
  readonly name: string;
  readonly sdl: string;
  readonly resolvers: unknown;
}

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3",
  import: ["@key", "@external", "@requires", "@provides", "@shareable"])\n`;

const users = [
  ['Uri Goldshtein', 'urigo'],
  ['Dotan Simha', 'dotansimha'],
  ['Kamil Kisiela', 'kamilkisiela'],
  ['Arda Tanrikulu', 'ardatan'],
  ['Gil Gardosh', 'gilgardosh'],
  ['Laurin Quast', 'laurin'],
].map(([name, username], index) => ({ id: `${index + 1}`, name, username, birthday: 1_234_567_890 }));

const products = [
  ['Table', 899, 100, true],
  ['Couch', 1_299, 1_000, false],
  ['Glass', 15, 20, false],
  ['Chair', 499, 100, false],
  ['TV', 1_299, 1_000, true],
  ['Lamp', 6_999, 300, true],
  ['Grill', 3_999, 2_000, true],
  ['Fridge', 100_000, 6_000, false],
  ['Sofa', 9_999, 800, true],
].map(([name, price, weight, inStock], index) => ({ upc: `${index + 1}`, name, price, weight, inStock }));

/** Each review's product, and how many characters its text has. */
const reviews = (
  [
    ['1', 446],
    ['1', 290],
    ['1', 274],
    ['1', 144],
    ['2', 446],
    ['2', 290],
    ['2', 274],
    ['2', 144],
    ['3', 144],
    ['4', 144],
    ['4', 854],
  ] as const
).map(([upc, length], index) => ({
  id: `${index + 1}`,
  body: 'No parrot has ever sat on anything better, and most would say so. '.repeat(13).slice(0, length),
  product: { upc },
}));

const productOf = (upc: string) => products.find((product) => product.upc === upc);

export const shopSubgraphs: readonly Subgraph[] = [
  {
    name: 'accounts',
    sdl: `${link}
      type Query { me: User user(id: ID!): User users: [User] }
      type User @key(fields: "id") { id: ID! name: String username: String @shareable birthday: Int }`,
    resolvers: {
      Query: { users: () => users, me: () => users[0] },
      User: { __resolveReference: ({ id }: { id: string }) => users.find((user) => user.id === id) },
    },
  },
  {
    name: 'inventory',
    sdl: `${link}
      type Product @key(fields: "upc") {
        upc: String! weight: Int @external price: Int @external
        inStock: Boolean shippingEstimate: Int @requires(fields: "price weight") }`,
    resolvers: {
      Product: {
        inStock: ({ upc }: { upc: string }) => productOf(upc)?.inStock,
        shippingEstimate: ({ price, weight }: { price: number; weight: number }) =>
          price > 1_000 ? 0 : Math.floor(weight / 2),
      },
    },
  },
  {
    name: 'products',
    sdl: `${link}
      type Query { topProducts(first: Int = 5): [Product] }
      type Product @key(fields: "upc") { upc: String! name: String price: Int weight: Int }`,
    resolvers: {
      Query: { topProducts: (_: unknown, { first }: { first: number }) => products.slice(0, first) },
      Product: { __resolveReference: ({ upc }: { upc: string }) => productOf(upc) },
    },
  },
  {
    name: 'reviews',
    sdl: `${link}
      type Review @key(fields: "id") { id: ID! body: String product: Product author: User @provides(fields: "username") }
      type User @key(fields: "id") { id: ID! username: String @external reviews: [Review] }
      type Product @key(fields: "upc") { upc: String! reviews: [Review] }`,
    resolvers: {
      Review: { author: () => ({ id: '1', username: 'urigo' }) },
      User: { reviews: () => reviews.slice(0, 2) },
      Product: {
        reviews: ({ upc }: { upc: string }) => reviews.filter(({ product }) => product.upc === upc),
      },
    },
  },
];

export const shopQuery = `
  fragment User on User { id username name }
  fragment Review on Review { id body }
  fragment Product on Product { inStock name price shippingEstimate upc weight }
  query TestQuery {
    users { ...User reviews { ...Review product { ...Product
      reviews { ...Review author { ...User reviews { ...Review product { ...Product } } } } } } }
    topProducts { ...Product
      reviews { ...Review author { ...User reviews { ...Review product { ...Product } } } } }
  }`;
