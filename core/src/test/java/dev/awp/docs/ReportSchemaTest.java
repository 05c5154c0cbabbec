// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.fixture.Terminal;
import dev.awp.report.ReportFile;
import dev.awp.report.RunReport;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** docs/report.schema.json describes what runs write. */
class ReportSchemaTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  /** Each with something in its report that others do not have. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "--sparsity 2:4 --solver pgd --evaluate TEXT",
        "--bits 4 --group-size 16 --tune 2",
        "--prune-neurons 0.5 --prune-multiple 8",
        "--target-bits 5 --group-size 16",
        "--target-sparsity 0.4",
        "--format gguf --gguf-type Q4_0"
      })
  void reportsOfRunsAreAsTheSchemaSays(String options) throws IOException {
    JsonNode report = JSON.readTree(report(options).toFile());
    assertEquals(Set.of(), schema().validate(report));
    // Phases leave no gap: all that comes after the last of them is the writing of the report.
    double phases = 0;
    for (JsonNode phase : report.get("phases")) {
      phases += phase.get("seconds").asDouble();
    }
    assertEquals(report.get("summary").get("seconds").asDouble(), phases, 0.1);
    assertTrue(report.get("modelBytes").asLong() > 0);
    if (options.contains("--target")) {
      JsonNode budget = report.get("budget").get(0);
      assertTrue(budget.get("points").size() > 1);
      JsonNode cheapest = budget.get("points").get(0);
      assertTrue(cheapest.get("cost").asLong() <= budget.get("chosen").get("cost").asLong());
    }
  }

  @Test
  void whatTheSchemaDoesNotNameIsFound() throws IOException {
    ObjectNode report = (ObjectNode) JSON.readTree(report("--bits 4 --solver rtn").toFile());
    ((ObjectNode) report.get("layers").get(0)).put("colour", "red").put("sparsity", 1.5);
    report.remove("summary");
    List<String> said =
        schema().validate(report).stream().map(ValidationMessage::getMessage).sorted().toList();
    assertEquals(3, said.size(), said.toString());
    for (String word : List.of("colour", "1", "summary")) {
      assertTrue(said.stream().anyMatch(message -> message.contains(word)), said.toString());
    }
  }

  /** A new component of a record is a new property of the schema. */
  @Test
  void theSchemaNamesWhatTheRecordsHave() throws IOException {
    JsonNode schema = JSON.readTree(schemaFile().toFile());
    Set<String> seen = new TreeSet<>();
    compare(schema, schema, RunReport.class, seen);
    assertTrue(seen.size() > 10, seen.toString());
  }

  private static void compare(JsonNode whole, JsonNode schema, Class<?> record, Set<String> seen) {
    if (!seen.add(record.getName())) {
      return;
    }
    Set<String> named = new TreeSet<>();
    schema.get("properties").fieldNames().forEachRemaining(named::add);
    Set<String> required = new TreeSet<>();
    schema.get("required").forEach(name -> required.add(name.asText()));
    if (record == RunReport.class) {
      // Of the file, not of the run.
      assertTrue(named.remove("reportSha256") && required.remove("reportSha256"));
    }
    Set<String> present = new TreeSet<>();
    Set<String> always = new TreeSet<>();
    for (RecordComponent component : record.getRecordComponents()) {
      present.add(component.getName());
      if (component.getAccessor().getAnnotation(JsonInclude.class) == null) {
        always.add(component.getName());
      }
      for (Class<?> inner : records(component)) {
        JsonNode property = schema.get("properties").get(component.getName());
        assertFalse(property == null, record + ": " + component.getName());
        compare(whole, definition(whole, property), inner, seen);
      }
    }
    assertEquals(present, named, record.getName());
    assertEquals(always, required, record.getName());
  }

  /** The records of a component: itself, what it lists, or what it maps names to. */
  private static List<Class<?>> records(RecordComponent component) {
    List<Class<?>> records = new ArrayList<>();
    for (String name : component.getGenericType().getTypeName().split("[<>, ]+", -1)) {
      try {
        Class<?> type = Class.forName(name);
        if (type.isRecord()) {
          records.add(type);
        }
      } catch (ClassNotFoundException e) {
        // A primitive type.
      }
    }
    return records;
  }

  private static JsonNode definition(JsonNode whole, JsonNode property) {
    JsonNode reference =
        Stream.of(property, property.path("items"), property.path("additionalProperties"))
            .map(node -> node.path("$ref"))
            .filter(JsonNode::isTextual)
            .findFirst()
            .orElseThrow(() -> new AssertionError("no definition: " + property));
    return whole.at(reference.asText().substring(1));
  }

  private static JsonSchema schema() throws IOException {
    return JsonSchemaFactory.getInstance(VersionFlag.V202012)
        .getSchema(Files.readString(schemaFile()));
  }

  private static Path schemaFile() {
    return Path.of("..", "docs", "report.schema.json");
  }

  private Path report(String options) throws IOException {
    new GeneratedCheckpoint(2, 64, 96, 4, 2, DType.BF16).write(folder.resolve("model"));
    Path text = Files.writeString(folder.resolve("text.txt"), "Some words, again. ".repeat(99));
    Path output = folder.resolve("out");
    List<String> arguments =
        new ArrayList<>(
            List.of("compress", folder.resolve("model").toString(), output.toString(), "--quiet"));
    arguments.addAll(List.of("--calibration", text.toString()));
    arguments.addAll(List.of("--sequence-length", "32", "--sequences", "8"));
    for (String option : options.split(" ", -1)) {
      arguments.add(option.equals("TEXT") ? text.toString() : option);
    }
    new Terminal().run(arguments).assertExit(0);
    return ReportFile.of(output);
  }
}
