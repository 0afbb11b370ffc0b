-- CreateTable
CREATE TABLE "Person" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "issuer" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "permissionsJson" TEXT NOT NULL,
    "clustersJson" TEXT,
    "expiresAt" DATETIME NOT NULL,
    "endedAt" DATETIME
);

-- A session acts as a key or a person: the same column, by a wider name.
ALTER TABLE "Session" RENAME COLUMN "apiKeyId" TO "holderId";
