// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Renders templates as transformers does with Jinja, to the same characters: statements,
 * expressions, filters, tests, methods of values. Reaches no file and no Java object.
 */
package dev.awp.jinja.render;
