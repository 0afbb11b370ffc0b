// What a kernel has, found in what a machine shows of it; and that what cannot be told is not claimed.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readKernel } from '../../agent/kernel.ts';

const release = '6.1.0-test';
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'skep-kernel-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const put = (path: string, content: string | Buffer): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
};
const read = () => readKernel({ release, root });
const none = '# CONFIG_IP_VS is not set\n# CONFIG_INET_ESP is not set\n';

test('nothing is seen: nothing is told', () => {
  expect(read()).toEqual({ ipvs: null, esp: null, vxlan: null });
});

test('the configuration of the running kernel counts, built in or not at all', () => {
  put('proc/config.gz', gzipSync(`${none}CONFIG_IP_VS_IPV6=y\nCONFIG_VXLAN=y\n`));
  expect(read()).toEqual({ ipvs: false, esp: false, vxlan: true });
});

test('so does the one beside it, for the very release', () => {
  put('boot/config-6.0.0', 'CONFIG_IP_VS=y\n');
  expect(read().ipvs).toBeNull();
  put(`boot/config-${release}`, `CONFIG_IP_VS=y\n# CONFIG_INET_ESP is not set\n`);
  expect(read()).toEqual({ ipvs: true, esp: false, vxlan: false });
});

test('a module counts where it is installed, and is not known where modules are not seen', () => {
  put('proc/config.gz', gzipSync('CONFIG_IP_VS=m\nCONFIG_INET_ESP=m\nCONFIG_VXLAN=m\n'));
  expect(read()).toEqual({ ipvs: null, esp: null, vxlan: null });
  put(`lib/modules/${release}/modules.builtin`, 'kernel/net/ipv4/esp4.ko\n');
  put(
    `lib/modules/${release}/modules.dep`,
    'kernel/net/netfilter/ipvs/ip_vs.ko.xz: kernel/lib/libcrc32c.ko\n',
  );
  expect(read()).toEqual({ ipvs: true, esp: true, vxlan: false });
});

test('without a configuration the lists of modules tell, if both are there', () => {
  put(
    `lib/modules/${release}/modules.dep`,
    'kernel/net/netfilter/ipvs/ip_vs_rr.ko: kernel/drivers/net/vxlan/vxlan.ko\n',
  );
  expect(read()).toEqual({ ipvs: null, esp: null, vxlan: null });
  put(`lib/modules/${release}/modules.builtin`, '');
  expect(read()).toEqual({ ipvs: false, esp: false, vxlan: true });
});

test('what is loaded is there, whatever else is not seen', () => {
  put('proc/net/ip_vs', '');
  put('sys/module/esp4/refcnt', '0');
  expect(read()).toEqual({ ipvs: true, esp: true, vxlan: null });
});
