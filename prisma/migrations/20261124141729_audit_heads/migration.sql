-- CreateTable
CREATE TABLE "AuditHead" (
    "generation" TEXT NOT NULL,
    "seq" INTEGER NOT NULL,
    "hash" TEXT NOT NULL,
    "at" DATETIME NOT NULL,
    "signature" TEXT NOT NULL,

    PRIMARY KEY ("generation", "seq")
);

-- CreateTable
CREATE TABLE "AuditContradiction" (
    "hostId" TEXT NOT NULL,
    "generation" TEXT NOT NULL,
    "seq" INTEGER NOT NULL,
    "heldJson" TEXT NOT NULL,
    "hash" TEXT,
    "at" DATETIME NOT NULL,

    PRIMARY KEY ("hostId", "generation", "seq")
);

-- CreateIndex
CREATE INDEX "AuditHead_at_idx" ON "AuditHead"("at");
