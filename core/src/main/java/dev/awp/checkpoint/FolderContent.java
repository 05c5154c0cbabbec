// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint;

import dev.awp.AwpException;
import dev.awp.disk.FileStamps;
import dev.awp.disk.FoundFile;
import dev.awp.gguf.file.GgufParts;
import dev.awp.text.chat.TemplateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What lies in a model folder, by the names of its files: the one place that says which of them
 * hold weights, and of what kind the folder is.
 *
 * @param files by name, folders among them, and the files of {@link TemplateFiles#FOLDER}
 */
public record FolderContent(List<Path> files) {
  private static final String SAFETENSORS = ".safetensors";
  private static final String INDEX = ".index.json";

  /** Of weights and their indexes, in formats of any program. */
  private static final List<String> WEIGHT_ENDINGS =
      List.of(
          SAFETENSORS, INDEX, ".bin", ".pt", ".pth", GgufParts.ENDING, ".h5", ".msgpack", ".onnx");

  /** What awp reads besides weights, as far as a folder has it. */
  private static final List<String> READ =
      List.of(
          "config.json",
          "generation_config.json",
          "quantize_config.json",
          "tokenizer.json",
          "tokenizer.model",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json",
          "vocab.json",
          "merges.txt",
          "chat_template.json",
          "chat_template.jinja",
          "model.safetensors",
          "model.safetensors.index.json");

  public FolderContent {
    files = List.copyOf(files);
  }

  /**
   * The content of a folder, or of a GGUF file: all files that its model was split into.
   *
   * @throws AwpException where it cannot be listed
   */
  public static FolderContent of(Path folder) {
    if (isModelFile(folder)) {
      return new FolderContent(GgufParts.files(folder));
    }
    List<Path> files = new ArrayList<>(list(folder));
    files.addAll(TemplateFiles.additional(folder));
    return new FolderContent(files);
  }

  private static List<Path> list(Path folder) {
    try (Stream<Path> content = Files.list(folder)) {
      return content.sorted().toList();
    } catch (IOException e) {
      throw new AwpException(folder + ": cannot be listed: " + e.getMessage(), e);
    }
  }

  /**
   * Looks at all files of a model's folder, and at others, before any of them is opened.
   *
   * @param folder may be missing: whoever opens it says so
   * @param others that are read with it, such as texts
   */
  public static FileStamps stamps(Path folder, Collection<Path> others) {
    List<Path> all = new ArrayList<>(others);
    if (Files.isDirectory(folder) || isModelFile(folder)) {
      all.addAll(of(folder).files());
    }
    return FileStamps.of(all);
  }

  /**
   * Refuses folders, loops of links, FIFOs and devices in the place of files that are read, and
   * other things that take the place of a configuration or a tokenizer.
   *
   * @throws AwpException that names the file and says what it is
   */
  public void check() {
    List<String> names = files.stream().map(file -> file.getFileName().toString()).toList();
    for (int i = 0; i < names.size(); i++) {
      if (READ.contains(names.get(i))) {
        FoundFile.check(files.get(i));
        String name = names.get(i);
        boolean used = name.equals("tokenizer.model") && !names.contains("tokenizer.json");
        if (used || name.equals("config.json") || name.equals("tokenizer.json")) {
          checkKind(files.get(i));
        }
      }
    }
  }

  private static void checkKind(Path file) {
    FoundFile.kind(file)
        .ifPresent(
            kind -> {
              throw new AwpException(file + ": is not what its name says but " + kind);
            });
  }

  /** Whether there are weights in safetensors files. */
  public boolean hasSafetensors() {
    return files.stream().anyMatch(file -> file.toString().endsWith(SAFETENSORS));
  }

  /** Whether a path is a model in one file, or a file of one that was split. */
  public static boolean isModelFile(Path path) {
    return GgufParts.isNamedSo(path) && !Files.isDirectory(path) && Files.exists(path);
  }

  /**
   * The GGUF file that is the whole model, or one of those that it was split into: there are no
   * others, and no safetensors file beside it.
   */
  public Optional<Path> gguf() {
    List<Path> found = files.stream().filter(GgufParts::isNamedSo).toList();
    return !found.isEmpty()
            && !hasSafetensors()
            && GgufParts.files(found.getFirst()).containsAll(found)
        ? Optional.of(found.getFirst())
        : Optional.empty();
  }

  /**
   * The files that are not weights: configuration, tokenizer, licence, model card. Hidden files and
   * awp's own reports are left out.
   */
  public List<Path> companions() {
    return files.stream().filter(FolderContent::isCompanion).toList();
  }

  /** The files that say which of several files holds which weight. */
  public List<Path> indexes() {
    return files.stream().filter(file -> file.toString().endsWith(INDEX)).toList();
  }

  private static boolean isCompanion(Path file) {
    String name = file.getFileName().toString();
    return Files.isRegularFile(file)
        && !name.startsWith(".")
        && !name.equals("report.json")
        && !name.equals("report.html")
        && WEIGHT_ENDINGS.stream().noneMatch(name::endsWith);
  }
}
