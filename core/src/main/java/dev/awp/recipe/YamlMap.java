// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.recipe;

import dev.awp.AwpException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** A mapping of a YAML file, whose keys are words: - and _ are the same in them. */
final class YamlMap {
  private static final Set<Tag> SCALARS = Set.of(Tag.STR, Tag.INT, Tag.FLOAT, Tag.BOOL);

  private final Path file;
  private final Node node;
  private final Map<String, NodeTuple> entries = new LinkedHashMap<>();

  private YamlMap(Path file, Node node) {
    this.file = file;
    this.node = node;
  }

  /**
   * Reads a node.
   *
   * @param what it should be, for the message where it is no mapping
   */
  static YamlMap of(Path file, String what, Node node) {
    if (!(node instanceof MappingNode mapping)) {
      throw new AwpException(
          YamlTree.place(file, node.getStartMark())
              + ": "
              + what
              + " is a mapping of keys to values");
    }
    YamlMap map = new YamlMap(file, node);
    for (NodeTuple entry : mapping.getValue()) {
      String where = YamlTree.place(file, entry.getKeyNode().getStartMark());
      if (!(entry.getKeyNode() instanceof ScalarNode scalar)) {
        throw new AwpException(where + ": a key is a word");
      }
      String key = scalar.getValue().replace('_', '-');
      if (map.entries.putIfAbsent(key, entry) != null) {
        throw new AwpException("%s: the key %s stands there twice".formatted(where, key));
      }
    }
    return map;
  }

  /** File and line. */
  String place() {
    return YamlTree.place(file, node.getStartMark());
  }

  /** File, line and key. */
  String place(String key) {
    Node at = entries.get(key).getKeyNode();
    return YamlTree.place(file, at.getStartMark()) + ", key " + key;
  }

  Set<String> keys() {
    return entries.keySet();
  }

  boolean has(String key) {
    return entries.containsKey(key);
  }

  /** The elements of a list. */
  List<Node> list(String key) {
    if (entries.get(key).getValueNode() instanceof SequenceNode sequence) {
      return sequence.getValue();
    }
    throw new AwpException(place(key) + ": a list is expected, each element behind a dash");
  }

  /** A mapping, where the value is one. */
  Optional<YamlMap> map(String key) {
    Node value = entries.get(key).getValueNode();
    return value instanceof MappingNode ? Optional.of(of(file, key, value)) : Optional.empty();
  }

  /** One value. */
  String text(String key) {
    return text(key, entries.get(key).getValueNode());
  }

  /** One value, or a list of them. */
  List<String> texts(String key) {
    if (!(entries.get(key).getValueNode() instanceof SequenceNode sequence)) {
      return List.of(text(key));
    }
    List<String> texts = new ArrayList<>();
    sequence.getValue().forEach(element -> texts.add(text(key, element)));
    if (texts.isEmpty()) {
      throw new AwpException(place(key) + ": the list is empty");
    }
    return texts;
  }

  private String text(String key, Node value) {
    if (value instanceof ScalarNode scalar
        && SCALARS.contains(scalar.getTag())
        && !scalar.getValue().isEmpty()) {
      return scalar.getValue();
    }
    throw new AwpException(place(key) + ": a value is missing, or it is not a plain one");
  }

  /** Runs a check of a key's value, and adds file, line and key to what it complains of. */
  void check(String key, Runnable check) {
    try {
      check.run();
    } catch (IllegalArgumentException e) {
      throw new AwpException(place(key) + ": " + e.getMessage(), e);
    }
  }
}
