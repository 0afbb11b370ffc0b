// dist/verify-audit.mjs: the verifier as one file, for whoever verifies a history elsewhere.
import { verifyAudit } from './verify-audit.ts';

process.exitCode = await verifyAudit(process.argv.slice(2));
