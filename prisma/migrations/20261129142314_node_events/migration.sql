-- CreateIndex
CREATE INDEX "Event_topic_subjectId_seq_idx" ON "Event"("topic", "subjectId", "seq");
