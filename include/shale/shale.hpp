// The whole of shale's public interface.
#pragma once

#include <shale/query.hpp>
#include <shale/result.hpp>
#include <shale/segment.hpp>
#include <shale/store.hpp>
