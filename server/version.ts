// The version of server and agent: package.json's, put in by the build.
import manifest from '../package.json' with { type: 'json' };

export const version: string = manifest.version;
