// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The values of a template in Jinja, with Python's rules: text, numbers, truth, order, JSON; and
 * the bounds that every template stays within. Knows no template.
 */
package dev.awp.jinja.value;
