// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.render;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.awp.AwpException;
import dev.awp.jinja.value.Dict;
import dev.awp.jinja.value.Seq;
import dev.awp.jinja.value.Value;
import dev.awp.jinja.value.Work;
import java.io.IOException;
import java.io.InputStream;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Templates against what jinja2 makes of them in transformers' environment: the table cases.json,
 * which scripts/chat-templates.py fills in. What jinja2 refuses, awp refuses.
 */
class JinjaTemplateTest {
  private static final LocalDateTime NOW = LocalDateTime.of(2026, 1, 2, 3, 4, 5);

  private static Value value(JsonNode node) {
    if (node.isTextual()) {
      return Value.of(node.textValue());
    }
    if (node.isIntegralNumber()) {
      return Value.of(node.longValue());
    }
    if (node.isNumber()) {
      return Value.of(node.doubleValue());
    }
    if (node.isBoolean()) {
      return Value.of(node.booleanValue());
    }
    if (node.isArray()) {
      List<Value> items = new ArrayList<>();
      node.forEach(item -> items.add(value(item)));
      return Seq.list(items);
    }
    return node.isObject() ? Dict.of(values(node)) : Value.None.NONE;
  }

  private static Map<String, Value> values(JsonNode node) {
    Map<String, Value> values = new LinkedHashMap<>();
    node.properties().forEach(entry -> values.put(entry.getKey(), value(entry.getValue())));
    return values;
  }

  @Test
  void templatesRenderAsInTransformers() throws IOException {
    JsonNode table;
    try (InputStream file = JinjaTemplateTest.class.getResourceAsStream("../cases.json")) {
      table = JsonMapper.builder().build().readTree(file);
    }
    Map<String, Value> variables = values(table.path("variables"));
    LocalDateTime now = LocalDateTime.parse(table.path("now").textValue());
    assertAll(
        StreamSupport.stream(table.path("cases").spliterator(), false)
            .<Executable>map(
                row ->
                    () -> {
                      String template = row.path("template").textValue();
                      if (row.path("expected").isNull()) {
                        assertThrows(
                            AwpException.class, () -> render(template, variables, now), template);
                      } else {
                        assertEquals(
                            row.path("expected").textValue(),
                            render(template, variables, now),
                            template);
                      }
                    }));
  }

  private static String render(String template, Map<String, Value> variables, LocalDateTime now) {
    return JinjaTemplate.of("it", template).render(variables, now);
  }

  private static String refusal(String template) {
    return refusal(template, Work.STEPS);
  }

  private static String refusal(String template, long steps) {
    Map<String, Value> variables = new HashMap<>();
    variables.put("s", Value.of("text"));
    variables.put("n", Value.of(Long.MAX_VALUE));
    variables.put("l", Seq.list(List.of(Value.of(1))));
    return assertThrows(
            AwpException.class,
            () -> JinjaTemplate.of("it", template).render(variables, NOW, new Work(steps)),
            template)
        .getMessage();
  }

  /** What Jinja and Python have and awp does not is refused, and not taken for missing. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "{{ n + 1 }}; 64 bits",
        "{{ n * n }}; 64 bits",
        "{{ 99999999999999999999 }}; 64 bits",
        "{{ 2 ** 0.5 }}; power of floating-point",
        "{{ s.encode('utf-8') }}; 'encode'",
        "{{ s.zfill is defined }}; 'zfill'",
        "{{ s|wordwrap }}; filter 'wordwrap' is not known",
        "{{ s|escape }}; filter 'escape' is not known",
        "{{ s is sameas 'text' }}; identity",
        "{{ s.__class__ }}; '__class__'",
        "{{ l|attr('__class__') }}; '__class__'",
        "{{ range(3) }}; printing",
        "{{ l|map('string') }}; printing",
        "{% set g = l|map('string') %}{{ g|list }}{{ g|list }}; twice",
        "{{ {1.0: 2} }}; key",
        "{{ '%x' % 3 }}; format",
        "{% include 'x' %}; 'include'",
        "{% block b %}{% endblock %}; 'block'",
        "{% do l.append(1) %}; 'do'",
        "{{ strftime_now('%Z') }}; field %Z",
        "{{ '\\N{DASH}' }}; \\N",
        "{{ ('<'|safe) + '<' }}; Markup",
        "{{ raise_exception('roles') }}; refuses the messages: roles",
      })
  void whatIsNotKnownIsRefused(String template, String sentence) {
    String refusal = refusal(template);
    assertTrue(refusal.startsWith("it, line 1: "), refusal);
    assertTrue(refusal.contains(sentence), refusal);
  }

  @Test
  void aRefusalNamesTheLine() {
    assertTrue(refusal("a\n\n{{ s }}\n  {{ s.x.y }}\n").startsWith("it, line 4: 'str object'"));
    assertTrue(refusal("a\n{% if s %}\nb\n").startsWith("it, line 3: "));
    assertTrue(refusal("{#-\n-#}\n{% for x in s %}\n{{ x + 1 }}{% endfor %}").contains("line 4: "));
  }

  /** A template ends, whatever it does: by its own end or in a sentence. */
  @Test
  void everyTemplateEnds() {
    List<String> endless =
        List.of(
            "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
            "{% macro m(x) %}{% call m(x) %}{% endcall %}{{ caller }}{% endmacro %}{{ m(1) }}",
            "{% for x in l recursive %}{{ loop(l) }}{% endfor %}",
            "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}",
            "{% for a in range(9999) %}{{ range(99999)|length }}{% endfor %}",
            "{% set ns = namespace(s='x') %}{% for a in range(99) %}{% set ns.s = ns.s ~ ns.s %}{%"
                + " endfor %}",
            "{% set ns = namespace(s=l) %}{% for a in range(99) %}{% set ns.s = ns.s + ns.s %}{%"
                + " endfor %}",
            "{% set ns = namespace(s=l) %}{% for a in range(60) %}{% set ns.s = [ns.s, ns.s] %}{%"
                + " endfor %}{{ ns.s }}",
            "{% set ns = namespace(s=l, t=l) %}{% for a in range(60) %}{% set ns.s = [ns.s, ns.s]"
                + " %}{% set ns.t = [ns.t, ns.t] %}{% endfor %}{{ ns.s == ns.t }}",
            "{% set ns = namespace(s=l) %}{% for a in range(9999) %}{% set ns.s = [ns.s] %}{%"
                + " endfor %}{{ ns.s }}",
            "{% set ns = namespace(s=l) %}{% for a in range(9999) %}{% set ns.s = [ns.s] %}{%"
                + " endfor %}{{ ns.s|tojson }}",
            "{{ s * 999999999 }}",
            "{{ l * 999999999 }}",
            "{{ s.center(999999999) }}",
            "{{ s|indent(999999999) }}",
            "{{ '%999999d' % 1 }}{{ l|tojson(indent=999999999) }}",
            "{{ s.replace('', s * 9999).replace('', s * 9999) }}",
            "{{ l|batch(999999999, 1)|list }}",
            "{{ ".repeat(5_000),
            "{{ " + "(".repeat(5_000),
            "{{ " + "[".repeat(5_000),
            "{{ " + "-".repeat(5_000) + "1 }}",
            "{{ " + "not ".repeat(5_000) + "1 }}",
            "{{ 1" + " + 1".repeat(5_000) + " }}",
            "{{ s" + ".x".repeat(5_000) + " }}",
            "{{ s" + "|string".repeat(5_000) + " }}",
            "{{ 1" + " if 1".repeat(5_000) + " }}",
            "{{ 1" + " if 1 else 1".repeat(5_000) + " }}",
            "{% if s %}".repeat(5_000),
            "{% for x in s %}".repeat(5_000),
            "{% set " + "(".repeat(5_000),
            "{% raw %}".repeat(5_000),
            "{#".repeat(5_000));
    assertAll(
        endless.stream()
            .<Executable>map(
                template ->
                    () -> {
                      String refusal = refusal(template, 100_000);
                      assertTrue(refusal.length() < 300, refusal);
                    }));
  }
}
