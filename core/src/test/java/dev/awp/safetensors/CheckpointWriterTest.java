// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.safetensors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import dev.awp.checkpoint.CompanionFiles;
import dev.awp.checkpoint.safetensors.SafetensorsCheckpoint;
import dev.awp.stored.TensorSpec;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What is written is what is read, in any order and any number of shards; failures leave nothing.
 */
class CheckpointWriterTest {
  private static final String CONFIG =
      """
      {"architectures":["LlamaForCausalLM"],"hidden_size":8,"intermediate_size":8,
       "num_hidden_layers":1,"num_attention_heads":2,"vocab_size":4}
      """;

  @TempDir private Path folder;

  @Provide
  Arbitrary<List<TensorSpec>> tensorSets() {
    Arbitrary<DType> dtypes = Arbitraries.of(DType.F32, DType.BF16, DType.U8, DType.I64, DType.F16);
    Arbitrary<List<Long>> shapes =
        Arbitraries.longs().between(0, 5).list().ofMinSize(0).ofMaxSize(3);
    Arbitrary<String> names =
        Arbitraries.strings().withChars("ab.\u00e4\u4e2d\"\\ ").ofMinLength(1).ofMaxLength(6);
    return Combinators.combine(names, dtypes, shapes)
        .as(TensorSpec::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(12)
        .uniqueElements(TensorSpec::name);
  }

  @Property(tries = 60)
  void whatIsWrittenIsRead(@ForAll("tensorSets") List<TensorSpec> tensors, @ForAll long seed)
      throws IOException {
    Path parent = Files.createTempDirectory("awp-writer-");
    Path out = parent.resolve("out");
    Random random = new Random(seed);
    Map<String, byte[]> contents = new HashMap<>();
    try (CheckpointWriter writer = CheckpointWriter.create(out, tensors, 1 + random.nextInt(200))) {
      List<TensorSpec> order = new ArrayList<>(tensors);
      Collections.shuffle(order, random);
      for (TensorSpec tensor : order) {
        byte[] bytes = new byte[(int) tensor.byteSize()];
        random.nextBytes(bytes);
        contents.put(tensor.name(), bytes);
        writer.write(tensor.name(), MemorySegment.ofArray(bytes));
      }
      Files.writeString(writer.workFolder().resolve("config.json"), CONFIG);
      writer.commit();
    }
    try (SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.open(out)) {
      assertEquals(tensors.size(), checkpoint.tensors().size());
      for (TensorSpec tensor : tensors) {
        TensorView view = checkpoint.view(tensor.name());
        assertEquals(tensor, view.spec());
        MemorySegment expected = MemorySegment.ofArray(contents.get(tensor.name()));
        assertEquals(-1, expected.mismatch(view.data()));
      }
    }
    deleteTree(parent);
  }

  private static void deleteTree(Path root) throws IOException {
    try (Stream<Path> tree = Files.walk(root)) {
      for (Path path : tree.toList().reversed()) {
        Files.delete(path);
      }
    }
  }

  private static final List<TensorSpec> TWO =
      List.of(
          new TensorSpec("b.weight", DType.F32, List.of(4L)),
          new TensorSpec("a.weight", DType.BF16, List.of(2L, 3L)));

  @Test
  void oneFileHasTheFormatsOwnLayout() throws IOException {
    Path out = folder.resolve("out");
    try (CheckpointWriter writer = CheckpointWriter.create(out, TWO, 1000)) {
      writer.write("a.weight", MemorySegment.ofArray(new byte[12]));
      writer.write("b.weight", MemorySegment.ofArray(new byte[16]));
      writer.commit();
    }
    byte[] bytes = Files.readAllBytes(out.resolve("model.safetensors"));
    int header = MemorySegment.ofArray(bytes).get(LONG, 0) > 0 ? bytes.length - 8 - 28 : 0;
    assertEquals(0, header % 8);
    String json = new String(bytes, 8, header, java.nio.charset.StandardCharsets.UTF_8);
    assertTrue(
        json.startsWith(
            "{\"__metadata__\":{\"format\":\"pt\"},"
                + "\"b.weight\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]},"
                + "\"a.weight\":{\"dtype\":\"BF16\",\"shape\":[2,3],\"data_offsets\":[16,28]}}"),
        json);
    assertFalse(Files.exists(out.resolve("model.safetensors.index.json")));
  }

  private static final java.lang.foreign.ValueLayout.OfLong LONG =
      java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED.withOrder(java.nio.ByteOrder.LITTLE_ENDIAN);

  @Test
  void shardsAreIndexed() throws IOException {
    Path out = folder.resolve("out");
    try (CheckpointWriter writer = CheckpointWriter.create(out, TWO, 20)) {
      writer.write("a.weight", MemorySegment.ofArray(new byte[12]));
      writer.write("b.weight", MemorySegment.ofArray(new byte[16]));
      writer.commit();
    }
    String index = Files.readString(out.resolve("model.safetensors.index.json"));
    assertTrue(index.contains("\"total_size\" : 28"), index);
    assertTrue(index.contains("\"a.weight\" : \"model-00002-of-00002.safetensors\""), index);
    assertTrue(Files.exists(out.resolve("model-00001-of-00002.safetensors")));
  }

  @Test
  void nothingIsLeftWithoutCommit() throws IOException {
    Path out = folder.resolve("out");
    try (CheckpointWriter writer = CheckpointWriter.create(out, TWO, 20)) {
      writer.write("a.weight", MemorySegment.ofArray(new byte[12]));
      assertThrows(IllegalStateException.class, writer::commit);
    }
    try (Stream<Path> content = Files.list(folder)) {
      assertEquals(List.of(), content.toList());
    }
  }

  @Test
  void finishedModelSurvivesAFailedRename() throws IOException {
    Path out = folder.resolve("out");
    Path work;
    try (CheckpointWriter writer = CheckpointWriter.create(out, List.of(), 20)) {
      work = writer.workFolder();
      Files.createDirectory(out);
      Files.writeString(out.resolve("notes.txt"), "mine");
      assertRefused(writer::commit, "the finished model is in " + work);
    }
    assertTrue(Files.exists(work.resolve("model.safetensors")));
    assertEquals("mine", Files.readString(out.resolve("notes.txt")));
  }

  @Test
  void linkedOutputIsFilledWhereTheLinkLeads() throws IOException {
    Path real = Files.createDirectory(folder.resolve("real"));
    Path link = Files.createSymbolicLink(folder.resolve("link"), real);
    try (CheckpointWriter writer = CheckpointWriter.create(link, List.of(), 20)) {
      writer.commit();
    }
    assertTrue(Files.isSymbolicLink(link));
    assertTrue(Files.exists(real.resolve("model.safetensors")));
  }

  @Test
  void misuseIsRefused() throws IOException {
    Path out = folder.resolve("out");
    MemorySegment bytes = MemorySegment.ofArray(new byte[12]);
    try (CheckpointWriter writer = CheckpointWriter.create(out, TWO, 20);
        Arena arena = Arena.ofConfined()) {
      assertThrows(IllegalArgumentException.class, () -> writer.write("b.weight", bytes));
      assertThrows(IllegalArgumentException.class, () -> writer.write("c.weight", bytes));
      assertThrows(IllegalStateException.class, () -> writer.readBack("a.weight", arena));
      writer.write("a.weight", bytes);
      assertThrows(IllegalStateException.class, () -> writer.write("a.weight", bytes));
      assertEquals(12, writer.readBack("a.weight", arena).data().byteSize());
    }
    assertRefused(() -> CheckpointWriter.create(out, TWO, 0).close(), "holds nothing");
    Files.createDirectory(out);
    CheckpointWriter.create(out, TWO, 20).close();
    Files.writeString(out.resolve("notes.txt"), "mine");
    assertRefused(() -> CheckpointWriter.create(out, TWO, 20).close(), "is not empty");
    Path file = Files.writeString(folder.resolve("file"), "mine");
    assertRefused(() -> CheckpointWriter.create(file, TWO, 20).close(), "must be a folder");
  }

  private static void assertRefused(Runnable call, String rule) {
    AwpException refusal = assertThrows(AwpException.class, call::run);
    assertTrue(refusal.getMessage().contains(rule), refusal.getMessage());
  }

  @Test
  void companionsAreCopiedAndWeightsAreNot() throws IOException {
    Path from = Files.createDirectory(folder.resolve("from"));
    Path into = Files.createDirectory(folder.resolve("into"));
    for (String name :
        List.of(
            "config.json",
            "tokenizer.model",
            "LICENSE",
            "model.safetensors",
            "model.safetensors.index.json",
            "pytorch_model.bin",
            "report.json",
            ".gitattributes")) {
      Files.writeString(from.resolve(name), name);
    }
    Files.createDirectory(from.resolve("onnx"));
    Path templates = Files.createDirectory(from.resolve("additional_chat_templates"));
    Files.writeString(templates.resolve("tool_use.jinja"), "T");
    Files.writeString(templates.resolve("notes.txt"), "no template");
    CompanionFiles.copy(from, into);
    try (Stream<Path> content = Files.list(into)) {
      assertEquals(
          List.of("LICENSE", "additional_chat_templates", "config.json", "tokenizer.model"),
          content.map(p -> p.getFileName().toString()).sorted().toList());
    }
    Path copied = into.resolve("additional_chat_templates");
    assertEquals("T", Files.readString(copied.resolve("tool_use.jinja")));
    assertTrue(Files.notExists(copied.resolve("notes.txt")));
  }
}
