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

    /// Moves all that is in a list before this, in its order.
    void take(ListHook& list) {
        if (!list.linked()) {
            return;
        }
        ListHook* const first = list.next_;
        ListHook* const last = list.previous_;
        list.next_ = list.previous_ = &list;
        first->previous_ = previous_;
        previous_->next_ = first;
        last->next_ = this;
        previous_ = last;
    }

private:
    ListHook* previous_ = this;
    ListHook* next_ = this;
};

}  // namespace roger
