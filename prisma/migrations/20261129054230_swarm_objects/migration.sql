-- CreateTable
CREATE TABLE "SwarmObject" (
    "clusterId" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "seenJson" TEXT NOT NULL,

    PRIMARY KEY ("clusterId", "kind", "id")
);

-- CreateTable
CREATE TABLE "ObjectSight" (
    "clusterId" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "at" DATETIME NOT NULL,

    PRIMARY KEY ("clusterId", "kind")
);
