-- AlterTable
ALTER TABLE "Host" ADD COLUMN "quarantineJson" TEXT;
