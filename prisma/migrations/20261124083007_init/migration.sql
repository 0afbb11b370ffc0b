-- CreateTable
CREATE TABLE "Setting" (
    "key" TEXT NOT NULL PRIMARY KEY,
    "value" TEXT NOT NULL
);

-- CreateTable
CREATE TABLE "ApiKey" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "permissionsJson" TEXT NOT NULL,
    "clustersJson" TEXT,
    "hash" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL,
    "createdById" TEXT,
    "expiresAt" DATETIME,
    "lastUsedAt" DATETIME,
    "revokedAt" DATETIME
);

-- CreateTable
CREATE TABLE "Enrolment" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "hostName" TEXT,
    "hash" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL,
    "createdById" TEXT NOT NULL,
    "expiresAt" DATETIME NOT NULL,
    "usedAt" DATETIME,
    "hostId" TEXT
);

-- CreateTable
CREATE TABLE "Host" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "publicKey" TEXT NOT NULL,
    "engineId" TEXT,
    "reportJson" TEXT,
    "enrolledAt" DATETIME NOT NULL,
    "lastSeenAt" DATETIME,
    "revokedAt" DATETIME,
    "membershipId" TEXT,
    "clusterId" TEXT
);

-- CreateTable
CREATE TABLE "Cluster" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "adoptedAt" DATETIME,
    "caDigest" TEXT,
    "dissolvedAt" DATETIME,
    "createdAt" DATETIME NOT NULL,
    "observedAt" DATETIME,
    "swarmJson" TEXT,
    "workerRotatedAt" DATETIME,
    "workerRevealedAt" DATETIME,
    "managerRotatedAt" DATETIME,
    "managerRevealedAt" DATETIME
);

-- CreateTable
CREATE TABLE "Node" (
    "clusterId" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "observationJson" TEXT NOT NULL,
    "unexplained" BOOLEAN NOT NULL DEFAULT false,
    "firstSeenAt" DATETIME NOT NULL,

    PRIMARY KEY ("clusterId", "id")
);

-- CreateTable
CREATE TABLE "Operation" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "action" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "clusterId" TEXT,
    "actorJson" TEXT NOT NULL,
    "actorId" TEXT NOT NULL,
    "reason" TEXT,
    "requestId" TEXT NOT NULL,
    "sourceAddress" TEXT,
    "idempotencyKey" TEXT,
    "inputHash" TEXT NOT NULL,
    "inputJson" TEXT NOT NULL,
    "planJson" TEXT,
    "targetsJson" TEXT NOT NULL,
    "stepsJson" TEXT NOT NULL,
    "guardsJson" TEXT NOT NULL,
    "overridesJson" TEXT NOT NULL,
    "warningsJson" TEXT NOT NULL,
    "impactJson" TEXT,
    "progressJson" TEXT,
    "changesJson" TEXT NOT NULL,
    "failureJson" TEXT,
    "startedAt" DATETIME NOT NULL,
    "endedAt" DATETIME,
    "observedAt" DATETIME
);

-- CreateTable
CREATE TABLE "Expectation" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "operationId" TEXT NOT NULL,
    "clusterId" TEXT NOT NULL,
    "subjectId" TEXT NOT NULL,
    "path" TEXT NOT NULL,
    "valueJson" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL,
    "seenAt" DATETIME
);

-- CreateTable
CREATE TABLE "Command" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "operationId" TEXT NOT NULL,
    "step" TEXT NOT NULL,
    "hostId" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "argsHash" TEXT NOT NULL,
    "argsJson" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "resultJson" TEXT,
    "failureJson" TEXT,
    "createdAt" DATETIME NOT NULL,
    "sentAt" DATETIME,
    "endedAt" DATETIME
);

-- CreateTable
CREATE TABLE "AuditRecord" (
    "seq" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "at" DATETIME NOT NULL,
    "phase" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "outcome" TEXT,
    "actorKind" TEXT NOT NULL,
    "actorId" TEXT NOT NULL,
    "actorName" TEXT NOT NULL,
    "clusterId" TEXT,
    "targetsJson" TEXT NOT NULL,
    "reason" TEXT,
    "inputJson" TEXT,
    "changesJson" TEXT NOT NULL,
    "failureJson" TEXT,
    "durationMs" INTEGER,
    "requestId" TEXT,
    "sourceAddress" TEXT,
    "operationId" TEXT,
    "previousHash" TEXT NOT NULL,
    "hash" TEXT NOT NULL
);

-- CreateTable
CREATE TABLE "AuditTarget" (
    "seq" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "targetId" TEXT NOT NULL,

    PRIMARY KEY ("seq", "kind", "targetId"),
    CONSTRAINT "AuditTarget_seq_fkey" FOREIGN KEY ("seq") REFERENCES "AuditRecord" ("seq") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Event" (
    "seq" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "at" DATETIME NOT NULL,
    "topic" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "clusterId" TEXT,
    "subjectId" TEXT NOT NULL,
    "beforeJson" TEXT,
    "afterJson" TEXT NOT NULL,
    "changesJson" TEXT NOT NULL,
    "operationId" TEXT
);

-- CreateIndex
CREATE UNIQUE INDEX "Host_name_key" ON "Host"("name");

-- CreateIndex
CREATE UNIQUE INDEX "Cluster_name_key" ON "Cluster"("name");

-- CreateIndex
CREATE INDEX "Operation_state_idx" ON "Operation"("state");

-- CreateIndex
CREATE INDEX "Operation_clusterId_id_idx" ON "Operation"("clusterId", "id");

-- CreateIndex
CREATE INDEX "Operation_endedAt_idx" ON "Operation"("endedAt");

-- CreateIndex
CREATE UNIQUE INDEX "Operation_actorId_action_idempotencyKey_key" ON "Operation"("actorId", "action", "idempotencyKey");

-- CreateIndex
CREATE INDEX "Expectation_clusterId_seenAt_idx" ON "Expectation"("clusterId", "seenAt");

-- CreateIndex
CREATE INDEX "Expectation_operationId_idx" ON "Expectation"("operationId");

-- CreateIndex
CREATE INDEX "Command_hostId_state_idx" ON "Command"("hostId", "state");

-- CreateIndex
CREATE UNIQUE INDEX "Command_operationId_step_key" ON "Command"("operationId", "step");

-- CreateIndex
CREATE INDEX "AuditRecord_actorId_seq_idx" ON "AuditRecord"("actorId", "seq");

-- CreateIndex
CREATE INDEX "AuditRecord_action_seq_idx" ON "AuditRecord"("action", "seq");

-- CreateIndex
CREATE INDEX "AuditRecord_actorId_action_seq_idx" ON "AuditRecord"("actorId", "action", "seq");

-- CreateIndex
CREATE INDEX "AuditRecord_clusterId_seq_idx" ON "AuditRecord"("clusterId", "seq");

-- CreateIndex
CREATE INDEX "AuditRecord_operationId_idx" ON "AuditRecord"("operationId");

-- CreateIndex
CREATE INDEX "AuditTarget_targetId_seq_idx" ON "AuditTarget"("targetId", "seq");

-- CreateIndex
CREATE INDEX "Event_topic_seq_idx" ON "Event"("topic", "seq");

-- Triggers
DROP TRIGGER IF EXISTS "AuditRecord_in_order";
CREATE TRIGGER "AuditRecord_in_order" BEFORE INSERT ON "AuditRecord"
WHEN NEW."seq" IS NOT (SELECT coalesce(max("seq"), 0) + 1 FROM "AuditRecord")
BEGIN
  SELECT RAISE(ABORT, 'AuditRecord: seq must follow the last record');
END;

DROP TRIGGER IF EXISTS "AuditRecord_chained";
CREATE TRIGGER "AuditRecord_chained" BEFORE INSERT ON "AuditRecord"
WHEN EXISTS (SELECT 1 FROM "AuditRecord") AND NEW."previousHash" IS NOT (SELECT "hash" FROM "AuditRecord" ORDER BY "seq" DESC LIMIT 1)
BEGIN
  SELECT RAISE(ABORT, 'AuditRecord: previousHash must be the hash of the last record');
END;

DROP TRIGGER IF EXISTS "AuditRecord_no_update";
CREATE TRIGGER "AuditRecord_no_update" BEFORE UPDATE ON "AuditRecord"
BEGIN
  SELECT RAISE(ABORT, 'AuditRecord is append-only');
END;

DROP TRIGGER IF EXISTS "AuditRecord_no_delete";
CREATE TRIGGER "AuditRecord_no_delete" BEFORE DELETE ON "AuditRecord"
BEGIN
  SELECT RAISE(ABORT, 'AuditRecord is append-only');
END;

DROP TRIGGER IF EXISTS "AuditTarget_no_replace";
CREATE TRIGGER "AuditTarget_no_replace" BEFORE INSERT ON "AuditTarget"
WHEN EXISTS (SELECT 1 FROM "AuditTarget" WHERE "rowid" = NEW."rowid" OR ("seq" = NEW."seq" AND "kind" = NEW."kind" AND "targetId" = NEW."targetId"))
BEGIN
  SELECT RAISE(ABORT, 'AuditTarget is append-only');
END;

DROP TRIGGER IF EXISTS "AuditTarget_no_update";
CREATE TRIGGER "AuditTarget_no_update" BEFORE UPDATE ON "AuditTarget"
BEGIN
  SELECT RAISE(ABORT, 'AuditTarget is append-only');
END;

DROP TRIGGER IF EXISTS "AuditTarget_no_delete";
CREATE TRIGGER "AuditTarget_no_delete" BEFORE DELETE ON "AuditTarget"
BEGIN
  SELECT RAISE(ABORT, 'AuditTarget is append-only');
END;
