// An intrusive list: to enter, move and leave it allocates nothing.
#pragma once

namespace roger {

/// Circular: a list is a hook of its own, its head, and a hook alone is an empty list. Leaves its
/// list when it is destroyed.
class ListHook {
public:
    ListHook() = default;
    ~ListHook() { unlink(); }
    ListHook(ListHook const&) = delete;
    ListHook& operator=(ListHook const&) = delete;

    [[nodiscard]] bool linked() const { return next_ != this; }
    [[nodiscard]] ListHook* next() const { return next_; }

    void unlink() {
        previous_->next_ = next_;
        next_->previous_ = previous_;
        previous_ = next_ = this;
    }

    void link_before(ListHook& place) {
        unlink();
        previous_ = place.previous_;
        next_ = &place;
        previous_->next_ = this;
        next_->previous_ = this;
    }

private:
    ListHook* previous_ = this;
    ListHook* next_ = this;
};

}  // namespace roger
