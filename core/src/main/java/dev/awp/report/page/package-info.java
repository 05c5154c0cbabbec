// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** The report for people: HTML, SVG and CSV, from the records alone. */
package dev.awp.report.page;
