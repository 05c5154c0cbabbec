// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class BlockTimesTest {
  @Test
  void flopsAreThoseOfTheSolversProducts() throws IOException {
    String report =
        """
        {"layers": [{"name": "q", "rows": 1000, "columns": 2000, "gemmEquivalents": 50,
                     "seconds": 4, "relativeError": 0.125}],
         "summary": {"seconds": 450}, "peakResidentBytes": 3221225472}
        """;
    assertEquals(
        """
        | layer | seconds | GEMM equivalents | GFLOP/s | relative error |
        |---|---|---|---|---|
        | q | 4.0 | 50.0 | 100 | 0.1250 |
        whole run 450 s, peak resident 3.00 GiB; 32 such blocks 4.0 hours
        """,
        BlockTimes.table(new ObjectMapper().readTree(report)));
  }
}
