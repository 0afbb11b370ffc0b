-- AlterTable
ALTER TABLE "Cluster" ADD COLUMN "caRotationJson" TEXT;
ALTER TABLE "Cluster" ADD COLUMN "managerTokenSeenAt" DATETIME;
ALTER TABLE "Cluster" ADD COLUMN "unlockKeyRevealedAt" DATETIME;
ALTER TABLE "Cluster" ADD COLUMN "unlockKeyRotatedAt" DATETIME;
ALTER TABLE "Cluster" ADD COLUMN "unlockKeySeenAt" DATETIME;
ALTER TABLE "Cluster" ADD COLUMN "workerTokenSeenAt" DATETIME;
