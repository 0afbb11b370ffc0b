// Makes the root folders that hold a Docker Engine: Debian packages unpacked under the lab's folder, none installed.
import { spawn } from 'node:child_process';
import { access, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** The Debian suite that carries each engine version. Testing (forky) moves on; the build checks what it got. */
export const engineSuites = { '20.10': 'bookworm', '26.1': 'trixie', '28.5': 'forky' } as const;

/** A version of the Docker Engine that the lab can run. */
export type EngineVersion = keyof typeof engineSuites;

/** What `prepareEngine` needs to know. */
export interface PrepareEngineOptions {
  /** The lab's folder; the root becomes `<dir>/roots/<version>`. */
  dir: string;
  version: EngineVersion;
  /** Told, in one line each, about steps that take seconds. */
  onProgress?: (line: string) => void;
}

/*
 * $1 lab folder, $2 version, $3 suite, $4 Debian mirror. Prints progress; the last line of standard error is the reason.
 * A lock for each version, so that several are made at once, and one for the tools. They are the kernel's and inherited by
 * every child: each ends with the last of them and is never stale.
 * apt works on state folders of our own, so that a fresh machine (no lists yet) is left as it was.
 * debootstrap runs in its own mount namespace: what it mounts goes away with it, even when it is killed.
 * sid's script fits each later suite, also one that the fetched debootstrap has not heard of.
 */
const buildRoot = String.raw`
set -eu
dir=$1 version=$2 suite=$3 mirror=$4
root=$dir/roots/$version part=$dir/roots/$version.part log=$dir/roots/$version.log tools=$dir/tools
fail() { echo "$1" >&2; exit 1; }
exec 9> "$dir/roots/.$version.lock"
flock -n 9 || { echo "waiting for another process that prepares Docker Engine $version in $dir"; flock 9; }
[ ! -x "$root/usr/sbin/dockerd" ] || exit 0

exec 8> "$dir/roots/.tools.lock"
flock 8
if [ ! -e "$tools/complete" ]; then
  echo "fetching debootstrap into $tools (nothing is installed on this machine)"
  rm -rf "$tools"; mkdir -p "$tools/apt/lists/partial" "$tools/apt/cache/archives/partial"; cd "$tools/apt"
  apt() { apt-get -qq -o Dir::State::Lists="$tools/apt/lists" -o Dir::Cache="$tools/apt/cache" -o APT::Sandbox::User=root "$@" >> "$log" 2>&1; }
  : > "$log"
  apt update || fail "apt-get update failed, see $log; check this machine's network and /etc/apt"
  apt download debootstrap debian-archive-keyring || fail "apt-get could not download debootstrap, see $log"
  for package in *.deb; do dpkg -x "$package" "$tools"; done
  mkdir "$tools/bin"
  # debootstrap wants wget; where there is none, apt's own downloader takes its place (called as: wget [option...] -O FILE URL)
  command -v wget > /dev/null || { printf '%s\n' '#!/bin/sh' 'while [ $# -gt 1 ]; do [ "$1" != -O ] || file=$2; shift; done; exec /usr/lib/apt/apt-helper -qq download-file "$1" "$file"' > "$tools/bin/wget"; chmod +x "$tools/bin/wget"; }
  rm -rf "$tools/apt"; : > "$tools/complete"
fi
exec 8>&-

echo "unpacking Docker Engine $version from Debian $suite into $root (about a minute, 500 MB; once)"
rm -rf "$part"; mkdir -p "$part"
PATH=$tools/bin:$PATH DEBOOTSTRAP_DIR=$tools/usr/share/debootstrap unshare --mount sh "$tools/usr/sbin/debootstrap" \
  --force-check-gpg --keyring="$tools/usr/share/keyrings/debian-archive-keyring.gpg" --variant=minbase \
  --include=docker.io,iptables,iproute2,procps,ca-certificates,tini,busybox-static \
  "$suite" "$part" "$mirror" "$tools/usr/share/debootstrap/scripts/sid" > "$log" 2>&1 ||
  fail "debootstrap of $suite failed ($(tail -n 1 "$log")), see $log; check the network and the free disk space, then run again"
got=$(chroot "$part" dockerd --version | sed 's/.*version \([0-9]*\.[0-9]*\).*/\1/')
[ "$got" = "$version" ] || fail "Debian $suite now carries Docker Engine $got, not $version; change engineSuites in lab/engines/packages.ts"
rm -rf "$part"/var/cache/apt/archives/*.deb "$part"/var/lib/apt/lists/*
# what a sandbox mounts over must exist
mkdir -p "$part/etc/docker" "$part/var/lib/docker" "$part/mnt"
rm -f "$part/etc/resolv.conf" "$part/etc/hosts"; : > "$part/etc/resolv.conf"; : > "$part/etc/hosts"
mv "$part" "$root"
echo "Docker Engine $version is ready in $root"
`;

/**
 * Gives the root folder of a Docker Engine, made on first use and kept between runs. Safe to call from many processes
 * at once: one builds, the others wait. Packages are verified with Debian's keys.
 * @throws Error with one line that says what failed, why and what to do.
 */
export async function prepareEngine({ dir, version, onProgress }: PrepareEngineOptions): Promise<string> {
  const root = join(dir, 'roots', version);
  const isThere = await access(join(root, 'usr/sbin/dockerd')).then(
    () => true,
    () => false,
  );
  if (isThere) return root;
  const mirror = await debianMirror();
  await mkdir(join(dir, 'roots'), { recursive: true });
  const build = spawn(
    'sh',
    ['-c', buildRoot, 'prepare-engine', dir, version, engineSuites[version], mirror],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let reason = 'no reason given';
  createInterface(build.stdout).on('line', (line) => onProgress?.(line));
  createInterface(build.stderr).on('line', (line) => {
    reason = line;
  });
  const code = await new Promise<number | null>((resolve, reject) =>
    build.once('error', reject).once('close', resolve),
  );
  if (code !== 0) throw new Error(`Docker Engine ${version} could not be prepared: ${reason}`);
  return root;
}

/** The roots of all versions, made at once; as `prepareEngine`. */
export const prepareEveryEngine = async (options: Omit<PrepareEngineOptions, 'version'>): Promise<void> => {
  const versions = Object.keys(engineSuites) as EngineVersion[];
  await Promise.all(versions.map((version) => prepareEngine({ ...options, version })));
};

/** The mirror that this machine's apt already uses, or the one that SKEP_DEBIAN_MIRROR names (Ubuntu and the like). */
async function debianMirror(): Promise<string> {
  if (process.env.SKEP_DEBIAN_MIRROR) return process.env.SKEP_DEBIAN_MIRROR;
  const lists = await readdir('/etc/apt/sources.list.d').catch(() => []);
  const files = ['/etc/apt/sources.list', ...lists.map((name) => `/etc/apt/sources.list.d/${name}`)];
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
  const mirror = texts.join('\n').match(/^(?:URIs:|deb )[^#\n]*?(https?:\/\/\S+\/debian\/?)(?=\s|$)/m)?.[1];
  if (!mirror) {
    throw new Error(
      'No Debian mirror found in /etc/apt: set SKEP_DEBIAN_MIRROR to the URL of one and run again',
    );
  }
  return mirror;
}
