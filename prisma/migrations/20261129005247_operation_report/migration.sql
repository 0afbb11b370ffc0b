-- AlterTable
ALTER TABLE "Operation" ADD COLUMN "reportJson" TEXT;
