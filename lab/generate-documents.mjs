// Documents (*.graphql) of each caller of the API, checked against schema.graphql and typed: <caller>/generated/documents.ts.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { codegen } from '@graphql-codegen/core';
import * as typedDocumentNode from '@graphql-codegen/typed-document-node';
import * as typescriptOperations from '@graphql-codegen/typescript-operations';
import { buildASTSchema, parse } from 'graphql';
import { parsedReady, printReady, readyDocuments } from './ready-documents.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Where documents lie, and what is made of them. */
const callers = [
  { folder: 'web/src', file: 'web/generated/documents.ts' },
  { folder: 'cli', file: 'cli/generated/documents.ts' },
];

const config = {
  documentMode: 'string',
  useTypeImports: true,
  skipTypename: true,
  dedupeFragments: true,
  avoidOptionals: { field: true, inputValue: false },
  enumType: 'string-literal',
  inlineFragmentTypes: 'combine',
  scalars: { ID: 'string', DateTime: 'string', JSON: 'unknown', NodeRef: 'string' },
};
const plugins = { typescriptOperations, typedDocumentNode };

const write = (file, from, text) => {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), `// Made by \`npm run generate\` from ${from}.\n${text}`);
};

const generate = ({ schema, schemaAst }, documents, file, used, more = {}) =>
  codegen({
    filename: join(root, file),
    schema,
    schemaAst,
    documents,
    plugins: used.map((name) => ({ [name]: {} })),
    pluginMap: Object.fromEntries(used.map((name) => [name, plugins[name]])),
    config: { ...config, ...more },
  });

const documentsIn = (folder) =>
  readdirSync(join(root, folder), { recursive: true })
    .filter((path) => path.endsWith('.graphql'))
    .map((path) => join(folder, path))
    .sort()
    .map((location) => ({ location, document: parse(readFileSync(join(root, location), 'utf8')) }));

/** The client's own, which nobody wrote. */
const generateReady = async (schemas) => {
  const file = 'client/generated/documents.ts';
  const ready = readyDocuments(schemas.schemaAst);
  const types = await generate(schemas, parsedReady(ready), file, ['typescriptOperations'], {
    namingConvention: 'keep',
  });
  const text = `import { ready } from '../ready.ts';\n${types}\n${printReady(ready)}`;
  write(file, 'schema.graphql', text);
};

/** @throws Error that names document and place when one asks for what schema.graphql does not have. */
export const generateDocuments = async () => {
  const schema = parse(readFileSync(join(root, 'schema.graphql'), 'utf8'), { noLocation: true });
  const schemas = { schema, schemaAst: buildASTSchema(schema) };
  for (const { folder, file } of callers) {
    const documents = existsSync(join(root, folder)) ? documentsIn(folder) : [];
    if (documents.length === 0) continue;
    const text = await generate(schemas, documents, file, ['typescriptOperations', 'typedDocumentNode']);
    write(file, `${folder}/**/*.graphql and schema.graphql`, text);
  }
  await generateReady(schemas);
};

if (process.argv[1] === fileURLToPath(import.meta.url)) await generateDocuments();
