// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShareTest {
  private static final long GB = 1_000_000_000;

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 2", "3, 2", "4, 4", "6, 2", "8, 4", "12, 4", "14, 2"})
  void aRunHasOneTwoOrFourCores(int processors, int cores) {
    assertEquals(cores, Share.usualCores(processors));
  }

  @ParameterizedTest
  @CsvSource({
    // master, wanted, need in GB: Spark's master, cores, runs at once, limit in GB
    "local[*], 0, 1, 'local[8,4]', 4, 2, 9",
    "local[*], 2, 1, 'local[8,4]', 2, 4, 4.5",
    "local[*], 2, 5, 'local[6,4]', 2, 3, 6",
    "local[*], 2, 19, 'local[2,4]', 2, 1, 0",
    "local[2], 0, 1, 'local[2,4]', 2, 1, 0",
    "local, 0, 1, 'local[1,4]', 1, 1, 0",
  })
  void thisMachinesMemoryIsSharedByTheRunsAtATime(
      String master, int wanted, long need, String spark, int cores, int atOnce, double limit) {
    Share share = Share.ofThisMachine(master, 8, wanted, 20 * GB, OptionalLong.empty(), need * GB);
    assertEquals(spark, share.master());
    assertEquals(cores, share.cores());
    assertEquals(atOnce, share.atOnce());
    assertEquals((long) (limit * GB), share.limit().orElse(0));
  }

  @Test
  void aStandaloneWorkersRunsMustFitItsMachine() {
    Share share = Share.ofOthers("spark://a:7077", 2, OptionalLong.of(8 * GB), 0);
    List<Machine> two = List.of(machine("a", "0", Map.of()), machine("a", "1", Map.of()));
    share.check(two, 1);
    String message = assertThrows(AwpException.class, () -> share.check(two, 2)).getMessage();
    assertTrue(message.startsWith("a: 4 runs at a time may use 8.0 GB each"), message);
  }

  @Test
  void otherMachinesRunsMayUseWhatThePlansNeedAndAQuarterMore() {
    assertEquals(
        OptionalLong.of(5 * GB), Share.ofOthers("yarn", 0, OptionalLong.empty(), 4 * GB).limit());
    assertTrue(Share.ofOthers("yarn", 0, OptionalLong.empty(), 0).limit().isEmpty());
  }

  @Test
  void machinesThatDifferAreNamed() {
    List<Machine> machines =
        List.of(
            machine("a", "0", Map.of("blas", "X", "java", "25")),
            machine("b", "1", Map.of("blas", "Y", "java", "25")),
            machine("c", "2", Map.of("blas", "Y", "java", "25")));
    assertEquals(
        List.of("blas X on a (executor 0), blas Y on b (executor 1) and c (executor 2)"),
        Machine.differences(machines));
    assertEquals(List.of(), Machine.differences(machines.subList(1, 3)));
  }

  private static Machine machine(String host, String executor, Map<String, String> computes) {
    return new Machine(host, executor, 20 * GB, computes);
  }
}
