// What `skep-server … --help` says.

/** How a sub-command ends, other than with 0. */
export const endings = { bad: 1, cannot: 2, wrongUse: 64 } as const;

const exitCodes = `Ends with
  0   done
  1   the backup is not good
  2   it could not be done: the sentence says why and what to do
  64  wrong use`;

export const generalHelp = `Usage: skep-server [SUB-COMMAND]

  start         starts the server; the same without a sub-command
  backup        makes a backup, while the server runs or not, or verifies one
  restore       puts a backup into a data folder
  verify-audit  verifies a history without a server
  version       prints the version
  help          prints this, or the help of a sub-command

skep-server SUB-COMMAND --help tells the rest.`;

export const startHelp = `Usage: skep-server start

Starts the server and stays. Settings are environment variables: docs/configuration.md.

Example:
  SKEP_DATA_DIR=/var/lib/skep skep-server start

Ends with
  0   SIGTERM or SIGINT
  2   it could not start: the sentence says why
  64  wrong use`;

export const backupHelp = `Usage: skep-server backup --to FILE|FOLDER|- [--data FOLDER] [--force]
       skep-server backup --verify FILE

Makes one file of all that is needed to come back: the database, the server's keys and certificates, and the sealed
parts of the history. The server may run meanwhile. The backup is verified (the database sound, the history as it was
signed) before it has its name. It holds the server's private key, and is readable by its owner only: keep it so.

  --to FILE      where it goes, .tar.gz by custom; not if there is one already, unless --force
  --to FOLDER    the same, with the time as its name
  --to -         to standard output, for a program that encrypts or carries it
  --data FOLDER  the server's data folder; default: SKEP_DATA_DIR, else data
  --verify FILE  looks whether a backup that was made earlier is good, and makes none
  --force        replaces FILE

Examples:
  skep-server backup --data /var/lib/skep --to /backup
  skep-server backup --to - | age -r age1… > skep.tar.gz.age
  skep-server backup --verify /backup/skep-20261201T030000Z.tar.gz

${exitCodes}`;

export const restoreHelp = `Usage: skep-server restore --from FILE [--to FOLDER] [--force]

Verifies a backup, then makes a data folder of it. The next start of a server on it begins a new generation. A backup of
an older Skep is migrated at that start; one of a newer Skep is refused.

  --from FILE  the backup
  --to FOLDER  the data folder, which no server may use; default: SKEP_DATA_DIR, else data
  --force      moves what is in the folder aside, into before-restore-… in it; nothing is deleted

Broken off on the way it leaves the folder as it was, or is finished by running it again; a server does not start in
between.

Example:
  skep-server restore --from /backup/skep-20261201T030000Z.tar.gz --to /var/lib/skep

${exitCodes}`;

export const versionHelp = `Usage: skep-server version

Prints the version.

Ends with 0.`;
