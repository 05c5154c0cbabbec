// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.recipe;

import dev.awp.AwpException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.composer.Composer;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.parser.Parser;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;

/**
 * A YAML 1.2 file as a small tree of nodes that know their lines. Anchors and aliases, which can
 * make a short file endless, deep nesting and large files are refused before a tree is built.
 */
final class YamlTree {
  private static final int LARGEST = 256 << 10;
  private static final int DEEPEST = 8;

  private final Path file;

  private YamlTree(Path file) {
    this.file = file;
  }

  /** The root of a file with one document; AwpException where there is none. */
  static Node read(Path file) {
    YamlTree tree = new YamlTree(file);
    String text = tree.text();
    LoadSettings settings =
        LoadSettings.builder().setUseMarks(true).setCodePointLimit(LARGEST).build();
    try {
      tree.check(parser(settings, text));
      // What Compose of the library's api.lowlevel does, a package that its module does not export.
      return new Composer(settings, parser(settings, text))
          .getSingleNode()
          .orElseThrow(() -> new AwpException(file + ": the file is empty"));
    } catch (MarkedYamlEngineException e) {
      String problem = e.getProblem() == null ? e.getContext() : e.getProblem();
      throw new AwpException(place(file, e.getProblemMark()) + ": not YAML: " + problem, e);
    } catch (YamlEngineException e) {
      throw new AwpException(file + ": not YAML: " + e.getMessage(), e);
    }
  }

  private static Parser parser(LoadSettings settings, String text) {
    return new ParserImpl(settings, new StreamReader(settings, text));
  }

  /** "recipe.yaml, line 3". */
  static String place(Path file, Optional<Mark> mark) {
    return mark.map(at -> "%s, line %s".formatted(file, at.getLine() + 1)).orElse(file.toString());
  }

  private String text() {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(LARGEST + 1);
      if (bytes.length > LARGEST) {
        throw new AwpException(
            "%s: at most %s KiB of YAML are read, this file has more"
                .formatted(file, LARGEST >> 10));
      }
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new AwpException(file + ": the file is not UTF-8", e);
    } catch (IOException e) {
      throw new AwpException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private void check(Iterator<Event> events) {
    int depth = 0;
    while (events.hasNext()) {
      Event event = events.next();
      boolean anchored = event instanceof NodeEvent node && node.getAnchor().isPresent();
      if (event instanceof AliasEvent || anchored) {
        throw new AwpException(
            place(file, event.getStartMark()) + ": anchors and aliases (& and *) are not taken");
      }
      depth +=
          switch (event.getEventId()) {
            case MappingStart, SequenceStart -> 1;
            case MappingEnd, SequenceEnd -> -1;
            default -> 0;
          };
      if (depth > DEEPEST) {
        throw new AwpException(
            place(file, event.getStartMark()) + ": nothing here is nested that deep");
      }
    }
  }
}
