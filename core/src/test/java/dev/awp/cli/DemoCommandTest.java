// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.fixture.Terminal;
import dev.awp.report.ReportFile;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The demo as the README promises it. */
@Tag("demo")
class DemoCommandTest {
  @TempDir private Path folder;

  @Test
  void tableShowsThatTheMethodWorks() {
    Path keep = folder.resolve("demo");
    Terminal awp = new Terminal().run("demo", "--keep", keep.toString()).assertExit(0);
    List<String> lines = awp.out().lines().toList();
    assertTrue(lines.getFirst().startsWith("method"), lines.getFirst());
    assertTrue(lines.getLast().startsWith("kept: "), lines.getLast());
    Map<String, Double> perplexity = new HashMap<>();
    Map<String, Double> error = new HashMap<>();
    for (String line : lines.subList(1, lines.size() - 1)) {
      List<String> words = List.of(line.trim().split("\\s+", -1));
      double before = Double.parseDouble(words.get(words.size() - 3));
      // Of test/golden/forward.py's numpy pass with the model's weights on the same tokens:
      // 50.19023.
      assertEquals(50.19, before, 0.05);
      String constraint = line.substring(11, 37).trim();
      String cell = words.getFirst() + " " + constraint;
      perplexity.put(cell, Double.parseDouble(words.get(words.size() - 2)));
      error.put(cell, Double.parseDouble(words.get(words.size() - 4)));
    }
    for (String constraint :
        List.of("50 % sparse", "70 % sparse", "2:4 sparse", "50 % sparse + 4 bit g128")) {
      double auto = perplexity.get("auto " + constraint);
      double pgd = perplexity.get("pgd " + constraint);
      double wanda = perplexity.get("wanda " + constraint);
      assertTrue(auto < pgd && pgd < wanda, constraint + ": " + auto + ", " + pgd + ", " + wanda);
    }
    // 4 bits cost so little that 20 KB of text cannot rank the methods by perplexity
    // (docs/decisions/0007-target.md); the layers' errors can.
    assertTrue(error.get("auto 4 bit g128") < 0.6 * error.get("rtn 4 bit g128"), error.toString());
    assertEquals(28, ReportFile.read(keep.resolve("compressed-3")).layers().size());
  }
}
