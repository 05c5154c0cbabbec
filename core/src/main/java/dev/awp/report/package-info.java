// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/** What a run tells: records, and report.json on disk. Knows nothing of how it is shown. */
package dev.awp.report;
