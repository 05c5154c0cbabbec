// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.config.BlockConfig;
import dev.awp.fixture.GeneratedArchitectures;
import dev.awp.fixture.SyntheticWeights;
import dev.awp.fixture.Terminal;
import dev.awp.model.ModelLayout;
import dev.awp.report.ReportFile;
import dev.awp.report.StructureReport;
import dev.awp.report.StructureReport.Part;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Neurons, key/value groups and blocks of models that have recurrences too. */
class HybridPruningTest extends PruningCommand {
  private StructureReport pruned(String... more) {
    compress(out, more).assertExit(0);
    return ReportFile.read(out).structure().getFirst();
  }

  @ParameterizedTest
  @ValueSource(strings = {"granite-hybrid-dense", "falcon-h1", "nemotron-h", "qwen3.5"})
  void whatIsWrittenIsAPartOfTheOriginal(String name) throws IOException {
    GeneratedArchitectures.write(model, name, DType.BF16);
    StructureReport report =
        pruned(
            "--prune-neurons=0.5",
            "--prune-multiple=2",
            "--prune-groups=0.5",
            "--prune-blocks=1",
            "--prune-by=magnitude");
    try (Checkpoint before = Checkpoints.open(model);
        Checkpoint after = Checkpoints.open(out)) {
      ModelLayout.of(after.config()).check(after::tensor);
      assertEquals(before.config().layers() - 1, after.config().layers());
      int compared = 0;
      for (int i = 0; i < after.config().layers(); i++) {
        int block = report.kept().blocks().get(i);
        BlockConfig was = before.config().block(block);
        BlockConfig is = after.config().block(i);
        assertEquals(was.recurrence(), is.recurrence());
        assertEquals(was.ownAttention().map(a -> a.withGroups(1)), is.ownAttention());
        assertEquals(was.ownMlp().map(m -> m.withWidth(m.width() / 2)), is.ownMlp());
        compared += assertBlockIsPart(before, after, report, i);
      }
      assertTrue(compared > 10, "" + compared);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"granite-hybrid-dense", "falcon-h1", "nemotron-h", "qwen3.5"})
  void aShareOfTheLinearWeightsGoes(String name) throws IOException {
    GeneratedArchitectures.write(model, name, DType.F32);
    StructureReport report =
        pruned("--prune-width=0.15", "--prune-multiple=1", "--evaluate=" + text);
    assertEquals(0.15, report.share(), 0.03);
    double after = ReportFile.read(out).perplexity().getFirst().after();
    assertEquals(after, perplexity(out), 1e-3 * after);
    for (Part part : report.parts()) {
      assertTrue(part.step().equals("attention") || part.step().equals("mlp"), part.toString());
    }
  }

  @Test
  void whatIsLeftIsQuantizedLikeAnyOther() throws IOException {
    GeneratedArchitectures.write(model, "nemotron-h", DType.BF16);
    compress(out, "--prune-neurons=0.5", "--prune-multiple=2", "--bits=4", "--group-size=2")
        .assertExit(0);
    new Terminal().run("verify", out.toString()).assertExit(0);
  }

  @Test
  void aTargetCountsRecurrencesToo() throws IOException {
    GeneratedArchitectures.write(model, "qwen3.5", DType.BF16);
    long before = parameters(model);
    long wanted = before * 9 / 10;
    pruned("--target-parameters=" + wanted, "--prune-multiple=1");
    assertEquals((double) wanted, (double) parameters(out), 0.01 * before);
  }

  private static long parameters(Path folder) {
    try (Checkpoint checkpoint = Checkpoints.open(folder)) {
      return checkpoint.tensors().stream()
          .mapToLong(t -> t.shape().stream().reduce(1L, Math::multiplyExact))
          .sum();
    }
  }

  @Test
  void whatCannotBeIsRefusedBeforeAnyWork() throws IOException {
    GeneratedArchitectures.write(model, "granite-hybrid-dense", DType.BF16);
    compress(out, "--prune-neurons=0.5", "--prune-share=blocks")
        .assertRefused("--prune-share blocks knows models whose blocks all have attention");
    ObjectNode config = GeneratedArchitectures.config("nemotron-h");
    config.put("hybrid_override_pattern", "MM-M");
    SyntheticWeights.write(
        folder.resolve("recurrent"), config.toString(), DType.BF16, Long.MAX_VALUE);
    model = folder.resolve("recurrent");
    compress(out, "--prune-neurons=0.5").assertRefused("no block has attention");
    assertFalse(Files.exists(out));
  }
}
