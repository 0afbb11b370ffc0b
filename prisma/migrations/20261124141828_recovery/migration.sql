-- AlterTable
ALTER TABLE "Cluster" ADD COLUMN "formerManagersJson" TEXT;
ALTER TABLE "Cluster" ADD COLUMN "splitJson" TEXT;
