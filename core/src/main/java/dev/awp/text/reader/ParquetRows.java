// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.reader;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.AwpException;
import dev.awp.text.document.Reading;
import dev.awp.text.document.RowShape;
import dev.awp.text.document.RowShapes;
import dev.awp.text.document.Rows;
import dev.awp.text.file.TextContent;
import dev.hardwood.InputFile;
import dev.hardwood.metadata.CompressionCodec;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowReader;
import dev.hardwood.row.PqList;
import dev.hardwood.row.PqStruct;
import dev.hardwood.row.StructAccessor;
import dev.hardwood.schema.ColumnProjection;
import dev.hardwood.schema.SchemaNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Parquet, by the Hardwood library: only the columns that hold the documents are decoded. */
final class ParquetRows implements DocumentReader {
  private static final Set<CompressionCodec> CODECS =
      EnumSet.of(
          CompressionCodec.UNCOMPRESSED,
          CompressionCodec.SNAPPY,
          CompressionCodec.GZIP,
          CompressionCodec.ZSTD);

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  @Override
  public boolean reads(TextContent content, Optional<String> field) {
    return content.isParquet();
  }

  @Override
  public void read(TextContent content, Optional<String> field, Reading reading) {
    reading.readAs("Parquet");
    try (ParquetFileReader file = ParquetFileReader.open(InputFile.of(content.file()))) {
      checkCodecs(content, file);
      List<JsonNode> sample = new ArrayList<>();
      try (RowReader rows = file.buildRowReader().head(Rows.SAMPLE).build()) {
        while (rows.hasNext()) {
          rows.next();
          sample.add(struct(rows));
        }
      }
      if (sample.isEmpty()) {
        return;
      }
      RowShape shape = RowShapes.of(content.file(), sample, field);
      List<String> columns =
          file.getFileSchema().getRootNode().children().stream()
              .map(SchemaNode::name)
              .filter(shape.fields()::contains)
              .toList();
      reading.readAs("Parquet, " + shape.words());
      ColumnProjection projection = ColumnProjection.columns(columns.toArray(String[]::new));
      try (RowReader rows = file.buildRowReader().projection(projection).build()) {
        for (long number = 1; rows.hasNext(); number++) {
          rows.next();
          String place = "%s, row %s".formatted(content.file(), number);
          shape.take(struct(rows), place, reading);
        }
      }
    } catch (AwpException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw new AwpException(
          "%s: not a readable Parquet file: %s".formatted(content.file(), e.getMessage()), e);
    }
  }

  private static void checkCodecs(TextContent content, ParquetFileReader file) {
    file.getFileMetaData().rowGroups().stream()
        .flatMap(group -> group.columns().stream())
        .map(column -> column.metaData().codec())
        .filter(codec -> !CODECS.contains(codec))
        .findFirst()
        .ifPresent(
            codec -> {
              throw new AwpException(
                  "%s: is compressed with %s, and awp reads Parquet that is uncompressed or compressed with SNAPPY, GZIP or ZSTD"
                      .formatted(content.file(), codec));
            });
  }

  private static ObjectNode struct(StructAccessor values) {
    ObjectNode node = NODES.objectNode();
    for (int i = 0; i < values.getFieldCount(); i++) {
      node.set(
          values.getFieldName(i), values.isNull(i) ? NODES.nullNode() : node(values.getValue(i)));
    }
    return node;
  }

  private static JsonNode node(Object value) {
    return switch (value) {
      case null -> NODES.nullNode();
      case String text -> NODES.textNode(text);
      case byte[] bytes -> text(bytes);
      case PqStruct struct -> struct(struct);
      case PqList list -> list(list);
      default -> NODES.pojoNode(value);
    };
  }

  private static JsonNode list(PqList values) {
    ArrayNode node = NODES.arrayNode();
    values.values().forEach(value -> node.add(node(value)));
    return node;
  }

  /** Strings of writers that do not say so; other bytes are no text. */
  private static JsonNode text(byte[] bytes) {
    try {
      return NODES.textNode(
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException e) {
      return NODES.binaryNode(bytes);
    }
  }
}
