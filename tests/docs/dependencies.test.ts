/** docs/dependencies.md names every package that runs in production, in the version that is installed. */
import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { read, rows, section, urlOf } from './markdown.ts';

type Manifest = { readonly dependencies?: Readonly<Record<string, string>> };

it('has a line for each', () => {
  const manifests = globSync('{packages,apps}/*/package.json', { cwd: fileURLToPath(urlOf('.')) });
  const needed = manifests
    .flatMap((path) => Object.entries((JSON.parse(read(path)) as Manifest).dependencies ?? {}))
    .filter(([name]) => !name.startsWith('@facilitator/'))
    .map(([name, version]) => `${name} ${version}`);
  const text = read('docs/dependencies.md');
  const parts = ['At run time', 'In the sandbox and the `pay` command'].map((heading) => section(text, heading));
  const listed = rows(parts.join('\n')).flatMap(([names = '', versions = '']) => {
    const each = versions.split(', ');
    return names.split(', ').map((name, index) => `${name} ${each[index] ?? each[0]}`);
  });
  const missing = [...new Set(needed)].filter((each) => !listed.includes(each));
  expect(missing).toEqual([]);
  expect(listed.filter((each) => !needed.includes(each) && !each.startsWith('node '))).toEqual([]);
});
