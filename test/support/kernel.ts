// What this machine's kernel has, read another way than the agent does: what tests hold its word against.
import { execFileSync } from 'node:child_process';

/** Null: the kernel does not show its configuration here. */
const config = ((): string | null => {
  try {
    return execFileSync('zcat', ['/proc/config.gz'], { encoding: 'utf8', maxBuffer: 10_000_000 });
  } catch {
    return null;
  }
})();

/** Whether an option such as IP_VS is built in, is a module, or is not set; null: not known. */
export const kernelHas = (option: string): boolean | null =>
  config === null ? null : new RegExp(`^CONFIG_${option}=[ym]$`, 'm').test(config);
