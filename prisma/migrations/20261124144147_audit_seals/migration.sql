-- CreateTable
CREATE TABLE "AuditSeal" (
    "server" TEXT NOT NULL,
    "generation" TEXT NOT NULL,
    "fromSeq" INTEGER NOT NULL,
    "toSeq" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "firstPreviousHash" TEXT NOT NULL,
    "lastHash" TEXT NOT NULL,
    "count" INTEGER NOT NULL,
    "file" TEXT NOT NULL,
    "digest" TEXT NOT NULL,
    "at" TEXT NOT NULL,
    "signature" TEXT NOT NULL
);

-- Triggers
DROP TRIGGER IF EXISTS "AuditRecord_no_delete";
CREATE TRIGGER "AuditRecord_no_delete" BEFORE DELETE ON "AuditRecord"
WHEN OLD."seq" > (SELECT coalesce(max("toSeq"), 0) FROM "AuditSeal")
BEGIN
  SELECT RAISE(ABORT, 'AuditRecord is append-only above the last seal');
END;

DROP TRIGGER IF EXISTS "AuditTarget_no_delete";
CREATE TRIGGER "AuditTarget_no_delete" BEFORE DELETE ON "AuditTarget"
WHEN OLD."seq" > (SELECT coalesce(max("toSeq"), 0) FROM "AuditSeal")
BEGIN
  SELECT RAISE(ABORT, 'AuditTarget is append-only above the last seal');
END;

DROP TRIGGER IF EXISTS "AuditSeal_in_order";
CREATE TRIGGER "AuditSeal_in_order" BEFORE INSERT ON "AuditSeal"
WHEN NEW."fromSeq" IS NOT (SELECT coalesce(max("toSeq"), 0) + 1 FROM "AuditSeal") OR NEW."count" IS NOT NEW."toSeq" - NEW."fromSeq" + 1 OR NEW."count" < 1
BEGIN
  SELECT RAISE(ABORT, 'AuditSeal: it must go on where the last seal ended');
END;

DROP TRIGGER IF EXISTS "AuditSeal_of_history";
CREATE TRIGGER "AuditSeal_of_history" BEFORE INSERT ON "AuditSeal"
WHEN NEW."toSeq" >= (SELECT coalesce(max("seq"), 0) FROM "AuditRecord") OR NEW."lastHash" IS NOT (SELECT "hash" FROM "AuditRecord" WHERE "seq" = NEW."toSeq") OR NEW."firstPreviousHash" IS NOT (SELECT "previousHash" FROM "AuditRecord" WHERE "seq" = NEW."fromSeq")
BEGIN
  SELECT RAISE(ABORT, 'AuditSeal: it must be of the history, and leave the last record');
END;

DROP TRIGGER IF EXISTS "AuditSeal_no_update";
CREATE TRIGGER "AuditSeal_no_update" BEFORE UPDATE ON "AuditSeal"
BEGIN
  SELECT RAISE(ABORT, 'AuditSeal is append-only');
END;

DROP TRIGGER IF EXISTS "AuditSeal_no_delete";
CREATE TRIGGER "AuditSeal_no_delete" BEFORE DELETE ON "AuditSeal"
BEGIN
  SELECT RAISE(ABORT, 'AuditSeal is append-only');
END;
