// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration.saved;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.awp.AwpException;
import dev.awp.disk.Folders;
import dev.awp.json.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a folder of moments says of itself, in {@value #NAME}: what they were taken of, by whom, and
 * the checksum of every file. The checksum of this file stands for all of them.
 *
 * @param version of the folder's layout
 * @param kind whether whole triangles are there, or diagonals alone
 * @param identity what decides the sums but for rounding
 * @param origins of each part: program, kernels, BLAS, names of texts, in words
 * @param files by name
 */
public record MomentsManifest(
    String version,
    Kind kind,
    MomentsIdentity identity,
    List<Map<String, String>> origins,
    SortedMap<String, FileSum> files) {
  /** The file in the folder. */
  public static final String NAME = "statistics.json";

  /** Of the layout: one file a block, sums in float64. */
  static final String CURRENT = "2";

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
  private static final JsonMapper LINE = JsonMapper.builder().build();

  /** How much of C is there. */
  public enum Kind {
    /** All of it, as a triangle. */
    TRIANGLES,
    /** The diagonal alone, as in an imatrix of llama.cpp. */
    DIAGONALS
  }

  /** Size in bytes and SHA-256 of a file. */
  public record FileSum(long bytes, String sha256) {
    public FileSum {
      requireNonNull(sha256, "sha256");
    }
  }

  public MomentsManifest {
    requireNonNull(version, "version");
    requireNonNull(kind, "kind");
    requireNonNull(identity, "identity");
    origins =
        requireNonNull(origins, "origins").stream()
            .map(origin -> Collections.unmodifiableMap(new LinkedHashMap<>(origin)))
            .toList();
    files = Collections.unmodifiableSortedMap(new TreeMap<>(requireNonNull(files, "files")));
    for (String name : files.keySet()) {
      if (!MomentsFile.isName(name)) {
        throw new IllegalArgumentException("'" + name + "' is no file of a block");
      }
    }
  }

  /** Of moments whose files are still to be written. */
  public static MomentsManifest begin(
      Kind kind, MomentsIdentity identity, List<Map<String, String>> origins) {
    return new MomentsManifest(CURRENT, kind, identity, origins, Collections.emptySortedMap());
  }

  MomentsManifest with(SortedMap<String, FileSum> written) {
    return new MomentsManifest(version, kind, identity, origins, written);
  }

  /** The origins of both, each once. */
  static List<Map<String, String>> joined(
      List<Map<String, String>> one, List<Map<String, String>> other) {
    LinkedHashSet<Map<String, String>> all = new LinkedHashSet<>(one);
    all.addAll(other);
    return new ArrayList<>(all);
  }

  public static Path in(Path folder) {
    return folder.resolve(NAME);
  }

  /**
   * Reads what a folder says of itself.
   *
   * @throws AwpException where it says nothing, and for a layout of another version
   */
  public static MomentsManifest read(Path folder) {
    Path file = in(folder);
    if (!Files.exists(file)) {
      throw new AwpException(
          folder + ": there is no " + NAME + ": an older awp wrote this folder, or none did");
    }
    JsonNode root = JsonFile.read(file);
    String version = root.path("version").asText();
    if (!version.equals(CURRENT)) {
      throw new AwpException(
          "%s: the statistics are of version '%s', this awp reads version %s"
              .formatted(file, version, CURRENT));
    }
    try {
      return LINE.treeToValue(root, MomentsManifest.class);
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw new AwpException(
          "%s: cannot be understood: %s"
              .formatted(file, e.getMessage().lines().findFirst().orElse("")),
          e);
    }
  }

  void write(Path folder) {
    try {
      Files.writeString(in(folder), JSON.writeValueAsString(this) + "\n");
    } catch (IOException e) {
      throw Folders.unwritable(in(folder), e);
    }
  }

  /** On one line, for a journal. */
  String toLine() {
    try {
      return LINE.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  static Optional<MomentsManifest> ofLine(String line) {
    try {
      return Optional.of(LINE.readValue(line, MomentsManifest.class));
    } catch (JsonProcessingException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
