import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Several bundles ship, each with a Status of its own. */
const knownByBrand = {
  selector: "BinaryExpression[operator='instanceof'][right.name='Status']",
  message: 'instanceof is false for a Status of another bundle: ask isStatus.',
};

/** A code says several things at once, and a cause is for the log: use cases tell failures apart by their reason. */
const toldApartByReason = [
  ":matches(BinaryExpression, SwitchStatement, VariableDeclarator) > MemberExpression[property.name='code']",
  ":matches(BinaryExpression, SwitchStatement, VariableDeclarator) > ChainExpression > MemberExpression[property.name='code']",
  "ObjectPattern > Property[key.name='code']",
  "MemberExpression[property.name='cause']",
].map((selector) => ({ selector, message: 'Tell failures apart by their reason.' }));

/** A variable is read by the row of its setting, which says what it may be and is in the docs. */
const readByRow = {
  selector:
    "MemberExpression[object.object.name='process'][object.property.name='env'], " +
    "VariableDeclarator[id.type='ObjectPattern'][init.object.name='process'][init.property.name='env']",
  message: 'Read it by the row of its setting: see lib/config/environment.ts.',
};

/** The environment is read once, where a function starts: it hands `process.env` to lib/config/config.ts. */
const environment = ['process', 'node:process'];

const linesAboutFailures = {
  group: ['**/telemetry/log.ts'],
  importNames: ['describeError'],
  message: 'A line about a failure has failureFields, which say its cause too.',
};

export default tseslint.config(
  { ignores: ['**/generated/', '.serverless/', '.esbuild/', 'coverage/'] },
  eslint.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // Bounds that the code just checked: `noUncheckedIndexedAccess` cannot see them.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
      '@typescript-eslint/dot-notation': 'off',
      '@typescript-eslint/only-throw-error': 'error',
    },
  },
  {
    files: ['lib/**'],
    rules: {
      'no-restricted-globals': ['error', 'process'],
      'no-restricted-imports': ['error', { paths: environment, patterns: [linesAboutFailures] }],
      'no-restricted-syntax': ['error', knownByBrand],
    },
  },
  {
    files: ['lib/telemetry/**'],
    rules: { 'no-restricted-imports': ['error', { paths: environment }] },
  },
  {
    files: ['lib/{auth,events,feeding,iam,reading,rpc}/**'],
    rules: { 'no-restricted-syntax': ['error', knownByBrand, ...toldApartByReason] },
  },
  {
    files: ['functions/**', 'infra/**'],
    rules: { 'no-restricted-syntax': ['error', knownByBrand, readByRow] },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', performance: 'readonly' } },
  },
);
