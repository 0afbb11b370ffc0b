-- CreateTable
CREATE TABLE "Fleet" (
    "clusterId" TEXT NOT NULL PRIMARY KEY,
    "document" TEXT NOT NULL,
    "operationId" TEXT NOT NULL,
    "actorJson" TEXT NOT NULL,
    "appliedAt" DATETIME NOT NULL,
    "driftJson" TEXT NOT NULL,
    "driftSince" DATETIME
);
