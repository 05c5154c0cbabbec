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
public final class YamlMap {
  private static final Set<Tag> SCALARS = Set.of(Tag.STR, Tag.INT, Tag.FLOAT, Tag.BOOL);

  private final Path file;
  private final Node node;
  private final Map<String, NodeTuple> entries = new LinkedHashMap<>();

  private YamlMap(Path file, Node node) {
    this.file = file;
    this.node = node;
  }

  /**
   * Reads a file whose root is a mapping.
   *
   * @param what it should be, for messages: "a recipe"
   * @throws AwpException that names the file, and the line where there is one
   */
  public static YamlMap read(Path file, String what) {
    return of(file, what, YamlTree.read(file));
  }

  /**
   * Reads a node.
   *
   * @param what it should be, for the message where it is no mapping
   */
  public static YamlMap of(Path file, String what, Node node) {
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
  public String place() {
    return YamlTree.place(file, node.getStartMark());
  }

  /** File, line and key. */
  public String place(String key) {
    Node at = entries.get(key).getKeyNode();
    return YamlTree.place(file, at.getStartMark()) + ", key " + key;
  }

  public Set<String> keys() {
    return entries.keySet();
  }

  public boolean has(String key) {
    return entries.containsKey(key);
  }

  /** The elements of a list. */
  public List<Node> list(String key) {
    if (entries.get(key).getValueNode() instanceof SequenceNode sequence) {
      return sequence.getValue();
    }
    throw new AwpException(place(key) + ": a list is expected, each element behind a dash");
  }

  /** A mapping, where the value is one. */
  public Optional<YamlMap> map(String key) {
    Node value = entries.get(key).getValueNode();
    return value instanceof MappingNode ? Optional.of(of(file, key, value)) : Optional.empty();
  }

  /** One value. */
  public String text(String key) {
    return text(key, entries.get(key).getValueNode());
  }

  /** One value, or a list of them. */
  public List<String> texts(String key) {
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
    String where = entries.containsKey(key) ? place(key) : place() + ", key " + key;
    throw new AwpException(where + ": a value is missing, or it is not a plain one");
  }

  /** The keys of a mapping as they stand there, and their values; AwpException where it is none. */
  public Map<String, String> words(String key) {
    if (!(entries.get(key).getValueNode() instanceof MappingNode mapping)) {
      throw new AwpException(place(key) + ": a mapping of keys to values is expected");
    }
    Map<String, String> words = new LinkedHashMap<>();
    for (NodeTuple entry : mapping.getValue()) {
      String word = text(key, entry.getKeyNode());
      if (words.put(word, text(word, entry.getValueNode())) != null) {
        throw new AwpException("%s: %s stands there twice".formatted(place(key), word));
      }
    }
    return words;
  }

  /** A key's value as maps, lists and strings. */
  public Object plain(String key) {
    return plain(key, entries.get(key).getValueNode());
  }

  private Object plain(String key, Node value) {
    return switch (value) {
      case SequenceNode sequence ->
          sequence.getValue().stream().map(element -> plain(key, element)).toList();
      case MappingNode mapping -> {
        Map<String, Object> map = new LinkedHashMap<>();
        mapping
            .getValue()
            .forEach(
                entry -> map.put(text(key, entry.getKeyNode()), plain(key, entry.getValueNode())));
        yield map;
      }
      default -> text(key, value);
    };
  }

  /** Runs a check of a key's value, and adds file, line and key to what it complains of. */
  public void check(String key, Runnable check) {
    try {
      check.run();
    } catch (IllegalArgumentException e) {
      throw new AwpException(place(key) + ": " + e.getMessage(), e);
    }
  }
}
