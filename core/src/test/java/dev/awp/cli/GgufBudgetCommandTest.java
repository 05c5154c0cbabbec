// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.fixture.LlamaCppArchitectures;
import dev.awp.fixture.SyntheticWeights;
import dev.awp.gguf.block.BlockType;
import dev.awp.gguf.file.GgufFile;
import dev.awp.gguf.file.GgufTensor;
import dev.awp.report.LayerReport;
import dev.awp.report.ReportFile;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** {@code --target-size} and {@code --target-bits} with {@code --format gguf}. */
class GgufBudgetCommandTest extends CompressedModel {
  private static final Pattern SMALLEST =
      Pattern.compile("the smallest size that this recipe can reach is (\\d+) bytes");

  GgufBudgetCommandTest() {
    super("out.gguf", 44, "--solver", "rtn");
  }

  private Map<String, BlockType> types() {
    Map<String, BlockType> types = new TreeMap<>();
    GgufFile.read(output)
        .tensors()
        .forEach(tensor -> types.put(tensor.name(), tensor.type().orElseThrow()));
    return types;
  }

  private long smallest(String... more) {
    List<String> arguments = new ArrayList<>(List.of(more));
    arguments.addAll(List.of("--target-size", "100"));
    compress(arguments.toArray(String[]::new)).assertExit(1);
    Matcher matcher = SMALLEST.matcher(awp.err());
    assertTrue(matcher.find(), awp.err());
    assertFalse(Files.exists(output));
    return Long.parseLong(matcher.group(1));
  }

  @Test
  void theFileIsAtMostAsLargeAsTheTargetAndNearIt() throws IOException {
    long smallest = smallest();
    for (long target : List.of(smallest, smallest + 3000)) {
      output = folder.resolve(target + ".gguf");
      compress("--target-size", Long.toString(target)).assertExit(0);
      long size = Files.size(output);
      assertTrue(size <= target && size > target - 1500, size + " for " + target);
      awp.run("verify", output.toString()).assertExit(0);
    }
    output = folder.resolve("less.gguf");
    compress("--target-size", Long.toString(smallest - 1)).assertExit(1);
  }

  @Test
  void bothEndsTakeTheirShareOfTheTarget() throws IOException {
    compress("--target-bits", "6").assertExit(0);
    Map<String, BlockType> types = types();
    assertTrue(types.get("token_embd.weight").grid().isPresent());
    assertTrue(types.get("output.weight").grid().isPresent());
    assertTrue(new TreeSet<>(types.values()).size() > 2, types.toString());
    List<String> layers = ReportFile.read(output).layers().stream().map(LayerReport::name).toList();
    assertEquals("model.embed_tokens", layers.getFirst());
    assertEquals("lm_head", layers.getLast());
    double bits = 0;
    double weights = 0;
    for (GgufTensor tensor : GgufFile.read(output).tensors()) {
      if (tensor.shape().size() > 1) {
        bits += tensor.byteSize() * 8.0;
        weights += tensor.shape().stream().reduce(1L, Math::multiplyExact);
      }
    }
    // The inner width is filled up, which the target counts and this does not.
    assertTrue(bits / weights <= 6 && bits / weights > 5, "bits: " + bits / weights);
  }

  @Test
  void anEmbeddingThatIsAskedForIsRoundedAndCounted() throws IOException {
    long smallest = smallest("--gguf-embedding", "F16");
    assertTrue(smallest > smallest() + 256 * 64);
    String target = Long.toString(smallest + 1000);
    compress("--gguf-embedding", "F16", "--target-size", target).assertExit(0);
    assertTrue(Files.size(output) <= smallest + 1000);
    assertEquals(BlockType.F16, types().get("token_embd.weight"));
    assertEquals(BlockType.F16, types().get("output.weight"));
  }

  @Test
  void fastTypesAreThoseOfTheRepackedKernels() {
    Set<BlockType> fast =
        Set.of(BlockType.MXFP4, BlockType.IQ4_NL, BlockType.Q4_0, BlockType.Q4_K, BlockType.Q8_0);
    compress("--target-bits", "6.5", "--gguf-fast").assertExit(0);
    Set<BlockType> found =
        types().values().stream()
            .filter(type -> type.grid().isPresent())
            .collect(Collectors.toSet());
    assertTrue(fast.containsAll(found) && found.size() > 1, found.toString());
  }

  @Test
  void uniformIsTheSameForAllLayersOfAWidth() {
    compress("--target-bits", "5.6", "--allocate", "uniform").assertExit(0);
    Set<BlockType> found =
        types().values().stream()
            .filter(type -> type.grid().isPresent())
            .collect(Collectors.toSet());
    // Filled up to 64 columns, 44 take more: the most that all can have is one step lower.
    assertEquals(Set.of(BlockType.IQ4_NL), found);
  }

  @Test
  void expertsThatLieInOneTensorHaveOneType() throws IOException {
    model = folder.resolve("mixtral");
    String config = LlamaCppArchitectures.config("mixtral").put("num_hidden_layers", 2).toString();
    SyntheticWeights.write(model, config, DType.BF16, Long.MAX_VALUE);
    compress("--target-bits", "6.1").assertExit(0);
    Set<BlockType> experts =
        types().entrySet().stream()
            .filter(entry -> entry.getKey().contains("_exps"))
            .map(Map.Entry::getValue)
            .collect(Collectors.toSet());
    assertTrue(experts.stream().allMatch(type -> type.grid().isPresent()), experts.toString());
    awp.run("verify", output.toString()).assertExit(0);
  }

  @Test
  void whatIsFixedKeepsItsTypeAndTakesItsShare() throws IOException {
    Path recipe =
        Files.writeString(
            folder.resolve("recipe.yaml"),
            """
            target-bits: 5.5
            layers:
            - match: v_proj
              gguf-type: Q8_0
            - match: q_proj
              ignore: true
            """);
    compress("--recipe", recipe.toString()).assertExit(0);
    assertEquals(BlockType.Q8_0, types().get("blk.1.attn_v.weight"));
    assertEquals(BlockType.BF16, types().get("blk.1.attn_q.weight"));
  }

  @Test
  void theDryRunTellsTheSizeOfTheFile() throws IOException {
    long target = smallest() + 3000;
    compress("--target-size", Long.toString(target), "--dry-run", "--json").assertExit(0);
    Matcher told = Pattern.compile("\"packedBytes\" : (\\d+),\\s*\"bits").matcher(awp.out());
    assertTrue(told.find(), awp.out());
    compress("--target-size", Long.toString(target)).assertExit(0);
    assertEquals(Files.size(output), Long.parseLong(told.group(1)));
  }

  @Test
  void whatExcludesEachOtherIsMisuse() {
    compress("--target-bits", "5", "--gguf-type", "Q4_0").assertExit(2);
    awp.assertErr("--gguf-type excludes --target-size and --target-bits");
    compress("--gguf-fast").assertExit(2);
    awp.assertErr("--gguf-fast is about the types");
    compress("--target-bits", "5", "--lm-head", "--gguf-embedding", "F16").assertExit(2);
    awp.assertErr("leave --lm-head out");
    output = folder.resolve("out");
    compress("--target-bits", "5", "--format", "gguf,gptq").assertExit(2);
    awp.assertErr("cannot be written as gptq");
  }
}
