// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint.safetensors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.fixture.ModelEdit;
import dev.awp.safetensors.ShardIndex;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which files of a folder hold the weights, where more than one answer is possible. */
class FolderTensorsTest {
  private static final String NORM = "model.norm.weight";

  @TempDir private Path folder;
  private Path single;
  private Path sharded;

  @BeforeEach
  void generate() throws IOException {
    single = folder.resolve("single");
    sharded = folder.resolve("sharded");
    GeneratedCheckpoint checkpoint = new GeneratedCheckpoint(1, 16, 24, 2, 1, DType.BF16);
    checkpoint.write(single);
    checkpoint.write(sharded, 9000);
  }

  private static List<String> warnings(Path model) {
    try (SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.open(model)) {
      assertEquals(12, checkpoint.tensors().size());
      return checkpoint.warnings();
    }
  }

  private static void assertWarned(Path model, String... words) {
    List<String> warnings = warnings(model);
    assertEquals(1, warnings.size(), warnings::toString);
    for (String word : words) {
      assertTrue(warnings.getFirst().contains(word), warnings::toString);
    }
  }

  private static void assertRefused(Path model, String... words) {
    String message =
        assertThrows(AwpException.class, () -> SafetensorsCheckpoint.open(model)).getMessage();
    for (String word : words) {
      assertTrue(message.contains(word), message);
    }
  }

  private Path shard(int number) throws IOException {
    try (var files = Files.list(sharded)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("model-0000" + number))
          .findFirst()
          .orElseThrow();
    }
  }

  private Path shardOf(String tensor) {
    String name = ShardIndex.read(sharded.resolve(ShardIndex.NAME)).weightMap().get(tensor);
    return sharded.resolve(name);
  }

  private void addSingle() throws IOException {
    Files.copy(single.resolve("model.safetensors"), sharded.resolve("model.safetensors"));
  }

  @Test
  void anIndexBesideTheSameWeightsInOneFileIsFine() throws IOException {
    addSingle();
    assertEquals(List.of(), warnings(sharded));
    // Shards without the index, beside the whole.
    Files.delete(sharded.resolve(ShardIndex.NAME));
    assertEquals(List.of(), warnings(sharded));
    // An index of the one file.
    String index = "{\"weight_map\":{\"%s\":\"model.safetensors\"}}".formatted(NORM);
    Files.writeString(single.resolve(ShardIndex.NAME), index);
    assertWarned(single, "does not know 11 tensors");
  }

  @Test
  void aStaleIndexBesideOtherWeightsIsRefused() throws IOException {
    addSingle();
    Path whole = sharded.resolve("model.safetensors");
    ModelEdit.of(whole).flip(NORM).write(whole);
    String[] both = {"model.safetensors and", "are both there", NORM};
    assertRefused(sharded, both);
    assertRefused(sharded, ShardIndex.NAME);
    Path index = Files.move(sharded.resolve(ShardIndex.NAME), folder.resolve("index"));
    assertRefused(sharded, both);
    Files.move(index, sharded.resolve(ShardIndex.NAME));
    ModelEdit.of(whole).copy(NORM, "another").write(whole);
    assertRefused(sharded, "are both there", "other names");
    Files.delete(shard(2));
    assertRefused(sharded, "are both there", shardOf(NORM).getFileName().toString().substring(12));
  }

  @Test
  void shardsWithoutAnIndexAreTakenWhereAllAreThere() throws IOException {
    Files.delete(sharded.resolve(ShardIndex.NAME));
    assertWarned(sharded, "no model.safetensors.index.json", "model-00001-of-");
    Path missing = shard(2);
    Files.delete(missing);
    assertRefused(sharded, missing.getFileName() + " is missing");
    Files.copy(
        single.resolve("model.safetensors"), sharded.resolve("model-00001-of-00001.safetensors"));
    assertEquals(12, warnings12(sharded));
    Files.copy(
        single.resolve("model.safetensors"), sharded.resolve("b-00001-of-00001.safetensors"));
    assertEquals(12, warnings12(sharded)); // the usual name counts
  }

  private static int warnings12(Path model) {
    try (SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.open(model)) {
      return checkpoint.tensors().size();
    }
  }

  @Test
  void severalSetsOfShardsAreRefused() throws IOException {
    Files.delete(sharded.resolve(ShardIndex.NAME));
    Files.copy(
        single.resolve("model.safetensors"), sharded.resolve("model-00001-of-00001.safetensors"));
    assertRefused(sharded, "several sets of shards");
  }

  @Test
  void aTensorInTwoShardsHasToBeTheSame() throws IOException {
    Path other = shardOf(NORM).equals(shard(1)) ? shard(2) : shard(1);
    ModelEdit norm = ModelEdit.of(shardOf(NORM));
    ModelEdit twice = ModelEdit.of(other);
    ModelEdit.Tensor copied = norm.get(NORM);
    twice.put(NORM, copied.dtype(), copied.shape(), copied.bytes()).write(other);
    assertEquals(List.of(), warnings(sharded));
    twice.flip(NORM).write(other);
    assertRefused(sharded, NORM, "is in " + shardOf(NORM).getFileName() + " too");
    Files.delete(sharded.resolve(ShardIndex.NAME));
    assertRefused(sharded, NORM, "too, with other values");
  }

  @Test
  void whatTheIndexDoesNotKnowIsReadAndTold() throws IOException {
    Path index = sharded.resolve(ShardIndex.NAME);
    Files.writeString(
        index,
        Files.readString(index).replaceFirst(",?\\s*\"%s\" : \"[^\"]*\"".formatted(NORM), ""));
    assertWarned(sharded, NORM, "does not know 1 tensors");
    Files.copy(shard(1), sharded.resolve("model-00009-of-00009.safetensors"));
    try (SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.open(sharded)) {
      assertTrue(
          checkpoint
              .warnings()
              .getLast()
              .startsWith("model-00009-of-00009.safetensors is not read"));
    }
  }

  @Test
  void otherFormatsAreNamed() throws IOException {
    Path weights = single.resolve("model.safetensors");
    Path bin = single.resolve("pytorch_model.bin");
    Files.move(weights, bin, StandardCopyOption.REPLACE_EXISTING);
    assertRefused(single, "neither model.safetensors nor", "pytorch_model.bin", "save_pretrained");
    Files.move(bin, single.resolve("adapter_model.safetensors"));
    assertRefused(single, "adapter_model.safetensors is an adapter");
    Files.move(single.resolve("adapter_model.safetensors"), single.resolve("x.gguf"));
    assertRefused(single, "x.gguf is a GGUF file");
  }
}
