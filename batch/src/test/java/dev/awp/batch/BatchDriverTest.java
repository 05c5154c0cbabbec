// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class BatchDriverTest {
  @Test
  void aRunThatIsLostTooOftenIsToldWithoutSparksNumbers() {
    assertEquals(
        "given up after 4 attempts, the last of which: the process was killed, as by a system that"
            + " is out of memory",
        BatchDriver.sentence(
            "Job aborted due to stage failure: Task 0 in stage 5.0 failed 4 times, most recent"
                + " failure: Lost task 0.3 in stage 5.0 (TID 9) (localhost executor driver):"
                + " dev.awp.batch.RunTask$LostException: the process was killed, as by a"
                + " system that is out of memory\n\tat dev.awp"));
    assertEquals(
        "given up after 4 attempts, the last of which: ExecutorLostFailure (executor 1 exited)",
        BatchDriver.sentence(
            "Job aborted due to stage failure: Task 0 in stage 5.0 failed 4 times, most recent"
                + " failure: Lost task 0.3 in stage 5.0 (TID 9) (10.0.0.1 executor 1):"
                + " ExecutorLostFailure (executor 1 exited)"));
    assertEquals("Job 0 cancelled", BatchDriver.sentence("Job 0 cancelled \n"));
  }
}
