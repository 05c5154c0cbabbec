// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.annotation.Annotation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One row of JMH's results.
 *
 * @param type simple name of the benchmark's class
 * @param method name of the benchmark's method
 * @param threads JMH's threads, all running the method
 * @param parameters values of the @Param fields
 * @param nanos mean time of an operation
 * @param counters sums of the auxiliary counters
 */
record Measurement(
    String type,
    String method,
    int threads,
    Map<String, String> parameters,
    double nanos,
    Map<String, Double> counters) {
  Measurement {
    parameters = Map.copyOf(parameters);
    counters = Map.copyOf(counters);
  }

  /**
   * Takes out of JMH's file where things lay on the machine that measured: results are published.
   */
  static void withoutPaths(Path json) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    JsonNode results = mapper.readTree(json.toFile());
    for (JsonNode row : results) {
      ((ObjectNode) row).remove("jvm");
      ArrayNode kept = mapper.createArrayNode();
      row.path("jvmArgs")
          .forEach(
              argument -> {
                String text = argument.asText();
                int value = text.indexOf("=/");
                kept.add(value < 0 ? text : text.substring(0, value + 1) + fileName(text));
              });
      ((ObjectNode) row).set("jvmArgs", kept);
    }
    mapper.writerWithDefaultPrettyPrinter().writeValue(json.toFile(), results);
  }

  private static String fileName(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /** Reads what JMH wrote. All benchmarks measure in nanoseconds. */
  static List<Measurement> read(Path json) throws IOException {
    List<Measurement> all = new ArrayList<>();
    for (JsonNode row : new ObjectMapper().readTree(json.toFile())) {
      String unit = row.at("/primaryMetric/scoreUnit").asText();
      if (!unit.equals("ns/op")) {
        throw new IOException(json + ": a score in " + unit + ", not in ns/op");
      }
      String[] name = row.path("benchmark").asText().split("\\.", -1);
      Map<String, String> parameters = new LinkedHashMap<>();
      row.path("params")
          .properties()
          .forEach(p -> parameters.put(p.getKey(), p.getValue().asText()));
      Map<String, Double> counters = new LinkedHashMap<>();
      row.path("secondaryMetrics")
          .properties()
          .forEach(c -> counters.put(c.getKey(), c.getValue().path("score").asDouble()));
      all.add(
          new Measurement(
              name[name.length - 2],
              name[name.length - 1],
              row.path("threads").asInt(),
              parameters,
              row.at("/primaryMetric/score").asDouble(),
              counters));
    }
    return all;
  }

  String parameter(String name) {
    return parameters.getOrDefault(name, "");
  }

  /** Sum of a benchmark's own counter over the measured iterations. */
  double counter(String name) {
    Double value = counters.get(name);
    if (value == null) {
      throw new IllegalArgumentException("%s.%s counts no %s".formatted(type, method, name));
    }
    return value;
  }

  /** The size of the problem: elements, or the order of matrices. */
  long n() {
    return Long.parseLong(parameter("n"));
  }

  double nanosPerElement() {
    return nanos / n();
  }

  /**
   * Gigabytes that all threads together move in a second, where the benchmark says what it moves.
   */
  Optional<Double> gigabytesPerSecond() {
    return annotation(Traffic.class).map(t -> t.value() * threads / nanosPerElement());
  }

  /** Where the benchmark says what it computes. */
  Optional<Double> gigaflopsPerSecond() {
    return annotation(Flops.class).map(f -> f.value() * Math.pow((double) n(), 3) / nanos);
  }

  private <A extends Annotation> Optional<A> annotation(Class<A> kind) {
    try {
      Class<?> benchmark = Class.forName(Measurement.class.getPackageName() + "." + type);
      return Optional.ofNullable(benchmark.getMethod(method).getAnnotation(kind));
    } catch (ReflectiveOperationException e) {
      throw new IllegalArgumentException("no benchmark " + type + "." + method, e);
    }
  }
}
