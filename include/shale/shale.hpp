// The whole of shale's public interface in one include, for programs that embed the store, the cli
// among them. It adds nothing of its own; whoever needs a part includes that part. What is not
// reached from here is in src/, is not installed, and may change.
#pragma once

#include <shale/aggregate.hpp>
#include <shale/backup.hpp>
#include <shale/changes.hpp>
#include <shale/gc.hpp>
#include <shale/pack.hpp>
#include <shale/query.hpp>
#include <shale/result.hpp>
#include <shale/retention.hpp>
#include <shale/segment.hpp>
#include <shale/stats.hpp>
#include <shale/store.hpp>
#include <shale/sync.hpp>
#include <shale/tokens.hpp>
#include <shale/unite.hpp>
#include <shale/working_set.hpp>
