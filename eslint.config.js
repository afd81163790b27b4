import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

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
      // The environment is read once, where a function starts: it hands `process.env` to lib/config/.
      'no-restricted-globals': ['error', 'process'],
      'no-restricted-imports': ['error', 'process', 'node:process'],
    },
  },
  {
    files: ['functions/**', 'infra/**'],
    rules: {
      // A variable is read by the row of its setting, which says what it may be and is in the docs.
      'no-restricted-syntax': [
        'error',
        {
          selector:
            "MemberExpression[object.object.name='process'][object.property.name='env'], " +
            "VariableDeclarator[id.type='ObjectPattern'][init.object.name='process'][init.property.name='env']",
          message: 'Read it by the row of its setting: see lib/config/environment.ts.',
        },
      ],
    },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', performance: 'readonly' } },
  },
);
